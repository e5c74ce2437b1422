#include "core/codec/json_index.h"

#include <simdjson.h>

#include <algorithm>

// SEGRID_FAST_JSON_INDEX is set by CMakeLists.txt for the versions of simdjson
// whose first stage was tried with our tests.

namespace segrid::codec {
namespace {

// A body over this size gives its index back after use.
constexpr std::size_t kKeptBytes = 1 << 20;

}  // namespace

#if SEGRID_FAST_JSON_INDEX

static_assert(simdjson::SIMDJSON_VERSION_MAJOR == 3 &&
                  simdjson::SIMDJSON_VERSION_MINOR == 0,
              "the first stage of this version was not tried");

class JsonIndex::Fast {
 public:
  Outcome Build(std::string_view body) {
    if (body.size() > capacity_) {
      const std::size_t capacity = std::max(body.size(), std::size_t{1} << 14);
      const auto error =
          simdjson::get_active_implementation()
              ->create_dom_parser_implementation(capacity, 1, parser_);
      if (error != simdjson::SUCCESS) {
        capacity_ = 0;
        return Outcome::kNoMemory;
      }
      capacity_ = capacity;
    }
    switch (parser_->stage1(reinterpret_cast<const std::uint8_t*>(body.data()),
                            body.size(), simdjson::stage1_mode::regular)) {
      case simdjson::SUCCESS:
        // simdjson writes three sentinels, the last of which is 0.
        parser_->structural_indexes[size() + kSentinels - 1] =
            static_cast<std::uint32_t>(body.size());
        return Outcome::kIndexed;
      case simdjson::UTF8_ERROR:
        return Outcome::kNotUtf8;
      default:
        return Outcome::kNotJson;
    }
  }

  const std::uint32_t* begin() const {
    return parser_->structural_indexes.get();
  }
  std::size_t size() const { return parser_->n_structural_indexes; }

  void Shrink() {
    if (capacity_ <= kKeptBytes) return;
    parser_.reset();
    capacity_ = 0;
  }

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
  std::size_t capacity_ = 0;
};

#else

class JsonIndex::Fast {
 public:
  Outcome Build(std::string_view) { return Outcome::kIndexed; }
  const std::uint32_t* begin() const { return nullptr; }
  std::size_t size() const { return 0; }
  void Shrink() {}
};

#endif

JsonIndex::JsonIndex(Engine engine) {
  // Without vector instructions simdjson reads a few bytes past the body when
  // it ends inside a character.
  if (SEGRID_FAST_JSON_INDEX && engine == Engine::kFastest &&
      simdjson::get_active_implementation()->name() != "fallback") {
    fast_ = std::make_unique<Fast>();
  }
}
JsonIndex::~JsonIndex() = default;
JsonIndex::JsonIndex(JsonIndex&&) noexcept = default;
JsonIndex& JsonIndex::operator=(JsonIndex&&) noexcept = default;

JsonIndex::Outcome JsonIndex::Build(std::string_view body) {
  begin_ = end_ = nullptr;
  if (body.empty()) return Outcome::kNotJson;
  if (body.size() > kMaxBytes) return Outcome::kTooLarge;
  if (fast_ == nullptr) return BuildPortable(body);
  const Outcome outcome = fast_->Build(body);
  if (outcome != Outcome::kIndexed) return outcome;
  begin_ = fast_->begin();
  end_ = begin_ + fast_->size();
  return outcome;
}

void JsonIndex::Shrink() {
  if (fast_ != nullptr) fast_->Shrink();
  if (positions_.capacity() > kKeptBytes) {
    positions_ = std::vector<std::uint32_t>();
  }
  begin_ = end_ = nullptr;
}

JsonIndex::Outcome JsonIndex::BuildPortable(std::string_view body) {
  positions_.clear();
  begin_ = end_ = nullptr;
  if (!simdjson::validate_utf8(body.data(), body.size())) {
    return Outcome::kNotUtf8;
  }
  bool in_string = false;
  bool in_scalar = false;  // Inside a number or literal.
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_string) {
      if (static_cast<unsigned char>(c) < 0x20) return Outcome::kNotJson;
      if (c == '\\') {
        // A control character after a backslash is refused as one here, as the
        // fast engine does.
        if (i + 1 < body.size() &&
            static_cast<unsigned char>(body[i + 1]) < 0x20) {
          return Outcome::kNotJson;
        }
        ++i;
      }
      in_string = c != '"';
      continue;
    }
    const bool white = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    const bool bracket =
        c == '{' || c == '}' || c == '[' || c == ']' || c == ':' || c == ',';
    if (!white && (bracket || !in_scalar)) {
      positions_.push_back(static_cast<std::uint32_t>(i));
    }
    in_string = c == '"';
    in_scalar = !white && !bracket && c != '"';
  }
  if (in_string || positions_.empty()) return Outcome::kNotJson;
  const std::size_t count = positions_.size();
  positions_.insert(positions_.end(), kSentinels,
                    static_cast<std::uint32_t>(body.size()));
  begin_ = positions_.data();
  end_ = begin_ + count;
  return Outcome::kIndexed;
}

}  // namespace segrid::codec
