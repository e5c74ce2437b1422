// The body that a request carries, without a copy of it.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segrid::http {

// Pieces, one after the other. A value: copies share the storage.
struct Body {
  // Their bytes are in `storage`, or belong to the sender and live until the
  // answer is given.
  std::vector<std::string_view> pieces{};
  std::shared_ptr<const void> storage{};

  std::size_t size_bytes() const {
    std::size_t size = 0;
    for (const std::string_view piece : pieces) size += piece.size();
    return size;
  }

  // All of it in one text.
  std::string Text() const {
    std::string text;
    text.reserve(size_bytes());
    for (const std::string_view piece : pieces) text += piece;
    return text;
  }
};

// A body that keeps its bytes itself.
inline Body BodyOf(std::string text) {
  auto storage = std::make_shared<const std::string>(std::move(text));
  return {.pieces = {*storage}, .storage = storage};
}

}  // namespace segrid::http
