#include "server/http/chunk_decoder.h"

#include <cstddef>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::httpd {
namespace {

using State = ChunkDecoder::State;

constexpr ChunkDecoder::Limits kLimits = {.max_body_bytes = 100,
                                          .max_line_bytes = 40,
                                          .max_trailer_bytes = 60,
                                          .max_trailers = 2};

struct Case {
  std::string name;
  std::string bytes;
  State state;
  std::string body = "";
  std::string left = "";  // For the next request.
};

std::vector<Case> Cases() {
  const std::string hundred(100, 'x');
  return {
      {"Empty", "0\r\n\r\n", State::kDone},
      {"One", "3\r\nabc\r\n0\r\n\r\n", State::kDone, "abc"},
      {"Two", "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", State::kDone, "abcd"},
      {"TheNextRequestIsLeft", "1\r\na\r\n0\r\n\r\nGET /", State::kDone, "a",
       "GET /"},
      {"HexInAnyCase", "0a\r\n0123456789\r\n0A\r\n0123456789\r\n00\r\n\r\n",
       State::kDone, "01234567890123456789"},
      {"Extension", "1;a=\"b\"\r\na\r\n0;c\r\n\r\n", State::kDone, "a"},
      {"SpaceBeforeAnExtension", "1 \t;a\r\na\r\n0\r\n\r\n", State::kDone, "a"},
      {"Trailers", "0\r\nA: b\r\nC:\r\n\r\n", State::kDone},
      {"ExactlyTheLimit", "64\r\n" + hundred + "\r\n0\r\n\r\n", State::kDone,
       hundred},
      {"ExactlyTheLimitInTwo",
       "1\r\nx\r\n63\r\n" + hundred.substr(1) + "\r\n0\r\n\r\n", State::kDone,
       hundred},
      {"OneOverTheLimit", "65\r\n", State::kTooLarge},
      {"OneOverTheLimitInTwo", "64\r\n" + hundred + "\r\n1\r\n",
       State::kTooLarge, hundred},
      {"Huge", "ffffffffffffffff\r\n", State::kTooLarge},
      {"Overflow", "10000000000000000\r\n", State::kBad},
      {"LineFeedAfterTheSize", "2\n[]\r\n0\r\n\r\n", State::kBad},
      {"LineFeedAfterTheData", "2\r\n[]\n0\r\n\r\n", State::kBad, "[]"},
      {"LineFeedAfterTheLast", "0\n\r\n", State::kBad},
      {"LineFeedAfterATrailer", "0\r\nA: b\n\r\n", State::kBad},
      {"LineFeedAtTheEnd", "0\r\n\n", State::kBad},
      {"ReturnWithoutLineFeed", "1\rx", State::kBad},
      {"NoSize", "\r\n", State::kBad},
      {"NoHex", "g\r\n", State::kBad},
      {"Sign", "+1\r\na\r\n", State::kBad},
      {"Prefix", "0x1\r\na\r\n", State::kBad},
      {"SpaceFirst", " 1\r\na\r\n", State::kBad},
      {"SpaceInside", "1 1\r\na\r\n", State::kBad},
      {"MoreDataThanSaid", "1\r\nab\r\n0\r\n\r\n", State::kBad, "a"},
      {"ControlInAnExtension", std::string("1;\0\r\n", 5), State::kBad},
      {"TrailerWithoutColon", "0\r\nA\r\n\r\n", State::kBad},
      {"TrailerThatIsFolded", "0\r\nA: b\r\n c: d\r\n\r\n", State::kBad},
      {"EndlessSize", "1;" + std::string(40, 'x'), State::kTooLong},
      {"EndlessZeros", std::string(41, '0'), State::kTooLong},
      {"ManyTrailers", "0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", State::kTooLong},
      {"LongTrailers", "0\r\nA: " + std::string(60, 'x'), State::kTooLong},
      {"CutOff", "3\r\nab", State::kMore, "ab"},
  };
}

// Whatever the pieces in which it comes, and the room that there is.
TEST(ChunkDecoder, ReadsAsStrictlyAsTheRfcWrites) {
  for (const Case& each : Cases()) {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{7}, std::size_t{1'000}}) {
      ChunkDecoder decoder(kLimits);
      std::string body, waiting, rest = each.bytes;
      while (decoder.state() == State::kMore &&
             !(rest.empty() && waiting.empty())) {
        waiting += rest.substr(0, piece);
        rest.erase(0, piece);
        const std::size_t before = body.size();
        waiting.erase(0, decoder.Feed(waiting, piece, body));
        ASSERT_LE(body.size() - before, piece) << each.name;
      }
      EXPECT_EQ(decoder.state(), each.state) << each.name << " " << piece;
      EXPECT_EQ(body, each.body) << each.name << " " << piece;
      if (each.state == State::kDone) {
        EXPECT_EQ(waiting + rest, each.left) << each.name << " " << piece;
      }
    }
  }
}

}  // namespace
}  // namespace segrid::httpd
