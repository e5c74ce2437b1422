// Where the structure of a JSON body is: the positions of its brackets, colons,
// commas, and of the first character of each string, number and literal.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace segrid::codec {

// The structural index of one body at a time; reused from body to body.
//
// The fast engine is the first stage of simdjson, which is not part of its
// public API: this class is the only place that knows it, and only for the
// versions it was tested with. The portable engine gives the same index from
// simdjson's public UTF-8 check and a plain loop; it serves all other versions
// and runs through the same tests.
//
// Thread safety: none; one user at a time. Memory: 4 bytes per byte of the
// largest body so far, until Shrink().
class JsonIndex {
 public:
  enum class Engine { kFastest, kPortable };

  explicit JsonIndex(Engine engine = Engine::kFastest);
  ~JsonIndex();
  JsonIndex(JsonIndex&&) noexcept;
  JsonIndex& operator=(JsonIndex&&) noexcept;

  enum class Outcome {
    kIndexed,
    kNotUtf8,
    kNotJson,   // Empty, an open string, or a control character in one.
    kTooLarge,  // Over kMaxBytes.
    kNoMemory,
  };
  static constexpr std::size_t kMaxBytes = 0xFFFFFFFE;

  // Indexes `body`. With kIndexed it is known that the body is UTF-8, that
  // every string is closed, and that none contains a control character;
  // escapes, numbers, literals and grammar are not checked.
  Outcome Build(std::string_view body);

  // The positions, in order. Behind the last one stand kSentinels more: the
  // size of the body.
  static constexpr std::size_t kSentinels = 3;
  const std::uint32_t* begin() const { return begin_; }
  const std::uint32_t* end() const { return end_; }

  // Gives memory back that an unusually large body has left behind.
  void Shrink();

 private:
  class Fast;
  Outcome BuildPortable(std::string_view body);

  std::unique_ptr<Fast> fast_;
  std::vector<std::uint32_t> positions_;
  const std::uint32_t* begin_ = nullptr;
  const std::uint32_t* end_ = nullptr;
};

}  // namespace segrid::codec
