// Takes messages out of a stored chunk whose other messages stay.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segrid::queue::rocksdb {

// The body `value`, stored under `key`, with the messages at `places`
// (ascending) overwritten: each has the size that it had, because the ledger
// counts it, and only its id, because a repair compares that. Nullopt: the body
// is damaged.
std::optional<std::string> WithoutMessages(
    std::string_view value, std::string_view key,
    const std::vector<std::uint32_t>& places);

}  // namespace segrid::queue::rocksdb
