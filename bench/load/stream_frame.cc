#include "bench/load/stream_frame.h"

#include <array>
#include <utility>

namespace segrid::bench {
namespace {

constexpr std::size_t kIdBytes = 8;
constexpr int kGenerationBits = 24;
constexpr std::uint64_t kGenerationMask = (1U << kGenerationBits) - 1;
constexpr char kFirstDigit = '0';  // 64 characters from here, all ASCII.

std::string IdOf(std::uint64_t slot, std::uint64_t generation) {
  std::uint64_t number =
      (slot << kGenerationBits) | (generation & kGenerationMask);
  std::string id(kIdBytes, kFirstDigit);
  for (char& c : id) {
    c = static_cast<char>(kFirstDigit + static_cast<char>(number & 63));
    number >>= 6;
  }
  return id;
}

}  // namespace

std::string FrameTable::Add(const Frame& frame) {
  if (free_.empty()) {
    free_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const std::size_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.frame = frame;
  slot.is_used = true;
  ++slot.generation;
  return IdOf(index, slot.generation);
}

bool FrameTable::Take(std::string_view request_id, Frame& out) {
  if (request_id.size() != kIdBytes) return false;
  std::uint64_t number = 0;
  for (std::size_t i = kIdBytes; i-- > 0;) {
    const int digit = request_id[i] - kFirstDigit;
    if (digit < 0 || digit > 63) return false;
    number = (number << 6) | static_cast<std::uint64_t>(digit);
  }
  const std::size_t index = number >> kGenerationBits;
  if (index >= slots_.size()) return false;
  Slot& slot = slots_[index];
  if (!slot.is_used ||
      (slot.generation & kGenerationMask) != (number & kGenerationMask)) {
    return false;
  }
  out = slot.frame;
  slot.is_used = false;
  free_.push_back(index);
  return true;
}

std::vector<Frame> FrameTable::TakeAll() {
  std::vector<Frame> frames;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].is_used) continue;
    frames.push_back(slots_[i].frame);
    slots_[i].is_used = false;
    free_.push_back(i);
  }
  return frames;
}

std::int64_t FrameTable::OldestSent() const {
  std::int64_t oldest = 0;
  for (const Slot& slot : slots_) {
    if (slot.is_used && (oldest == 0 || slot.frame.sent_ns < oldest)) {
      oldest = slot.frame.sent_ns;
    }
  }
  return oldest;
}

grpc::ByteBuffer FrameBytes(const std::string& request_id,
                            grpc::Slice request) {
  std::string header = "\x0A";  // request_id
  header += static_cast<char>(request_id.size());
  header += request_id;
  header += '\x12';  // request
  for (std::size_t size = request.size();;) {
    const bool is_last = size < 0x80;
    header += static_cast<char>((size & 0x7F) | (is_last ? 0 : 0x80));
    if (is_last) break;
    size >>= 7;
  }
  const std::array<grpc::Slice, 2> slices = {grpc::Slice(header),
                                             std::move(request)};
  return grpc::ByteBuffer(slices.data(), slices.size());
}

}  // namespace segrid::bench
