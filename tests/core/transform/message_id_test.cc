// Which message it is: mapping.md, 3.2.

#include <string>
#include <vector>

#include "tests/core/transform/one_event.h"

namespace segrid::transform {
namespace {

// `sg-` and the first 40 hex digits of the hash over `text`.
std::string HashId(std::string_view text, const std::string& tag = "") {
  crypto::Sha256 sha256;
  std::string hex(40, ' ');
  crypto::WriteHex(sha256.Hash(text), 40, hex.data());
  return Quoted("sg-" + hex + tag);
}

std::string IdOf(std::string_view members, const Options& options = {}) {
  return TransformEvent(members, options).At("/messageId");
}

Options Tagged() {
  Options options;
  options.tag = "1a2b";
  return options;
}

TEST(MessageId, IsTheEventsOwnAndTheTag) {
  EXPECT_EQ(IdOf(R"("sg_event_id":"Az09._-")"), Quoted("Az09._-"));
  EXPECT_EQ(IdOf(R"("sg_event_id":"Az09._-")", Tagged()),
            Quoted("Az09._--1a2b"));
  EXPECT_EQ(IdOf(R"("sg_event_id":"\u0061b")"), Quoted("ab"));
  EXPECT_EQ(IdOf(R"("sg_event_id":12345)"), Quoted("12345"));
}

TEST(MessageId, IsAtMost64CharactersWithItsTag) {
  const struct {
    std::size_t size;
    bool fits;
    bool fits_tagged;
  } rows[] = {{1, true, true},     {58, true, true},     {59, true, true},
              {60, true, false},   {64, true, false},    {65, false, false},
              {100, false, false}, {5'000, false, false}};
  for (const auto& row : rows) {
    const std::string id(row.size, 'x');
    const std::string member = "\"sg_event_id\":" + Quoted(id);
    EXPECT_EQ(IdOf(member), row.fits ? Quoted(id) : HashId(id)) << row.size;
    EXPECT_EQ(IdOf(member, Tagged()),
              row.fits_tagged ? Quoted(id + "-1a2b") : HashId(id, "-1a2b"))
        << row.size;
    EXPECT_LE(IdOf(member, Tagged()).size(), 66u);
  }
}

TEST(MessageId, AnIdWithOtherCharactersIsHashed) {
  for (int byte = 0x20; byte < 0x7F; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == '"' || c == '\\') continue;
    const bool legal = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                       (c >= 'a' && c <= 'z') || c == '.' || c == '_' ||
                       c == '-';
    const std::string id = std::string("ab") + c;
    EXPECT_EQ(IdOf("\"sg_event_id\":" + Quoted(id)),
              legal ? Quoted(id) : HashId(id))
        << c;
  }
  EXPECT_EQ(IdOf(R"("sg_event_id":"é")"), HashId("é"));
  EXPECT_EQ(IdOf(R"("sg_event_id":"a\"b")"), HashId("a\"b"));
  EXPECT_EQ(IdOf(R"("sg_event_id":"a\u0000")"),
            HashId(std::string_view("a\0", 2)));
  EXPECT_EQ(IdOf(R"("sg_event_id":-1.5e3)"), Quoted("-1.5e3"));
  EXPECT_EQ(IdOf(R"("sg_event_id":1.5e+3)"), HashId("1.5e+3"));
}

TEST(MessageId, AMissingIdIsMadeOfEightFields) {
  const std::string nothing =
      "processed\x1F"
      "a@b.c\x1F"
      "1591726752\x1F\x1F\x1F\x1F\x1F\x1F";
  for (const char* missing : {R"("sg_event_id":null)", R"("sg_event_id":"")",
                              R"("sg_event_id":{})", R"("sg_event_id":[1])"}) {
    EXPECT_EQ(IdOf(missing), HashId(nothing)) << missing;
  }
  const std::string all =
      R"("sg_event_id":null,"email":" A@b.c","timestamp":"1591726752123",)"
      R"("sg_message_id":" m","url":"u\n","asm_group_id":"-7",)"
      R"("smtp-id":"<s>","reason":"r\u00e9")";
  const std::string hashed =
      "processed\x1F A@b.c\x1F"
      "1591726752123\x1F m\x1Fu\n\x1F-7\x1F<s>\x1Fr\u00e9\x1F";
  EXPECT_EQ(IdOf(all), HashId(hashed));
  EXPECT_EQ(IdOf(all, Tagged()), HashId(hashed, "-1a2b"));
}

TEST(MessageId, AnIdOfASampleIsAsGoodAsNone) {
  const std::string none = IdOf(R"("sg_event_id":null)");
  for (const std::string_view id : catalog::kPlaceholderIds) {
    EXPECT_EQ(IdOf("\"sg_event_id\":" + Quoted(id)), none) << id;
    EXPECT_EQ(IdOf("\"sg_event_id\":" + Quoted(id), Tagged()),
              IdOf(R"("sg_event_id":null)", Tagged()))
        << id;
  }
  EXPECT_EQ(IdOf(R"("sg_event\u005fid":"sg_event\u005fid")"), none);
  for (const char* own : {"SG_EVENT_ID", "sg_event_id1", "sg_event_i",
                          "sendgrid_internal_event_idx"}) {
    EXPECT_EQ(IdOf("\"sg_event_id\":" + Quoted(own)), Quoted(own));
  }
}

// A time that is no integer: its seconds, or else its milliseconds.
TEST(MessageId, ATimeIsHashedAsTheIntegerItSays) {
  const struct {
    const char* json;
    const char* hashed;
  } rows[] = {{"1591726752", "1591726752"},
              {"\"01591726752\"", "1591726752"},
              {"1591726752000", "1591726752000"},
              {"1591726752.0", "1591726752"},
              {"1591726752000.0", "1591726752"},
              {"1.591726752e9", "1591726752"},
              {"1591726752.5", "1591726752500"},
              {"\"2020-06-09T18:19:12Z\"", "1591726752"},
              {"\"2020-06-09T18:19:12.5Z\"", "1591726752500"}};
  for (const auto& row : rows) {
    EXPECT_EQ(
        IdOf(R"("sg_event_id":null,"timestamp":)" + std::string(row.json)),
        HashId("processed\x1F"
               "a@b.c\x1F" +
               std::string(row.hashed) + "\x1F\x1F\x1F\x1F\x1F\x1F"))
        << row.json;
  }
}

TEST(MessageId, EachOfTheEightFieldsTellsEventsApart) {
  std::vector<std::string> ids = {IdOf(R"("sg_event_id":null)")};
  for (const char* member :
       {R"("event":"delivered")", R"("email":"b@b.c")", R"("timestamp":2)",
        R"("sg_message_id":"m")", R"("url":"m")", R"("asm_group_id":1)",
        R"("smtp-id":"m")", R"("reason":"m")"}) {
    ids.push_back(IdOf(R"("sg_event_id":null,)" + std::string(member)));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(ids[i], ids[j]) << i << j;
  }
}

TEST(MessageId, TypedInputGivesTheSame) {
  v1::SendGridEvent typed;
  typed.set_event("processed");
  typed.set_email("a@b.c");
  typed.set_timestamp(1591726752);
  typed.set_asm_group_id(-7);
  typed.set_reason("r");
  EXPECT_EQ(TransformTyped(typed).At("/messageId"),
            IdOf(R"("sg_event_id":"","asm_group_id":-7,"reason":"r")"));
}

}  // namespace
}  // namespace segrid::transform
