#include "core/transform/identity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "core/catalog/catalog.h"
#include "core/codec/short_text.h"

namespace segrid::transform {
namespace {

using catalog::Field;
using codec::Kind;
using codec::Track;
using codec::Value;

constexpr std::size_t kHashDigits = 40;

// Fields that tell events without a usable id apart, in this order.
constexpr std::array kFingerprint = {Field("event"),     Field("email"),
                                     Field("timestamp"), Field("sg_message_id"),
                                     Field("url"),       Field("asm_group_id"),
                                     Field("smtp-id"),   Field("reason")};

// Sixteen bytes at once, on any machine that the compiler knows.
using Bytes16 [[gnu::vector_size(16)]] = std::uint8_t;
using Halves [[gnu::vector_size(16)]] = std::uint64_t;

// 0xFF for each byte that may stand in a message id.
Bytes16 AreIdCharacters(Bytes16 bytes) {
  const Bytes16 letters = (bytes | 0x20) - 'a';
  return reinterpret_cast<Bytes16>((bytes - '0' < 10) | (letters < 26) |
                                   (bytes == '.') | (bytes == '_') |
                                   (bytes == '-'));
}

bool AreIdCharacters(const char* id) {
  Bytes16 bytes;
  std::memcpy(&bytes, id, sizeof(bytes));
  const auto halves = reinterpret_cast<Halves>(AreIdCharacters(bytes));
  return (halves[0] & halves[1]) == ~std::uint64_t{0};
}

bool IsPlaceholder(std::string_view id) {
  return std::any_of(
      catalog::kPlaceholderIds.begin(), catalog::kPlaceholderIds.end(),
      [id](std::string_view placeholder) { return id == placeholder; });
}

bool Fits(std::string_view id, std::size_t tag_bytes) {
  constexpr std::size_t kStep = sizeof(Bytes16);
  if (id.empty() || id.size() + tag_bytes > Track::kMaxMessageIdBytes) {
    return false;
  }
  if (id.size() < kStep) {
    std::array<char, kStep> padded;
    padded.fill('-');
    std::copy(id.begin(), id.end(), padded.begin());
    return AreIdCharacters(padded.data());
  }
  // The last step overlaps the one before.
  bool legal = AreIdCharacters(id.data() + id.size() - kStep);
  for (std::size_t at = 0; at + kStep < id.size(); at += kStep) {
    legal &= AreIdCharacters(id.data() + at);
  }
  return legal;
}

void HashField(Value value, codec::TextArena& texts, crypto::Sha256& sha256) {
  if (value.kind == Kind::kInteger) {
    std::array<char, 24> digits;
    const char* const end =
        std::to_chars(digits.begin(), digits.end(), value.integer).ptr;
    sha256.Update(
        {digits.data(), static_cast<std::size_t>(end - digits.data())});
  } else if (!value.missing()) {
    sha256.Update(PlainText(value, texts));
  }
  sha256.Update("\x1F");
}

}  // namespace

void WriteAnonymousId(std::string_view email, bool normalize,
                      crypto::Sha256& sha256, Track& track) {
  sha256.Start();
  if (normalize) {
    std::array<char, 256> lower;
    while (!email.empty()) {
      const std::size_t count = std::min(email.size(), lower.size());
      for (std::size_t i = 0; i < count; ++i) {
        const char c = email[i];
        lower[i] = static_cast<char>(c + (c >= 'A' && c <= 'Z' ? 32 : 0));
      }
      sha256.Update({lower.data(), count});
      email.remove_prefix(count);
    }
  } else {
    sha256.Update(email);
  }
  crypto::WriteHex(sha256.Finish(), Track::kHashHexBytes,
                   track.anonymous_id.data());
}

bool PutOffAnonymousId(std::string_view email, bool normalize,
                       crypto::ShortText& address) {
  if (email.size() > crypto::ShortText::kMaxBytes) return false;
  if (normalize) {
    address.AssignLowerCase(email);
  } else {
    address.Assign(email);
  }
  return true;
}

void WriteMessageId(codec::Event& event, std::string_view tag,
                    crypto::Sha256& sha256, FieldCounts& counts, Track& track) {
  const std::size_t tag_bytes = tag.empty() ? 0 : tag.size() + 1;
  std::string_view id =
      PlainText(Convert(Field("sg_event_id"), event, counts), event.texts);
  if (IsPlaceholder(id)) id = {};
  char* out = track.message_id.data();
  if (Fits(id, tag_bytes)) {
    out = codec::CopyText(id, out);
  } else {
    sha256.Start();
    if (!id.empty()) sha256.Update(id);
    for (const catalog::FieldId field : kFingerprint) {
      if (!id.empty()) break;
      HashField(Convert(field, event, counts), event.texts, sha256);
    }
    std::memcpy(out, "sg-", 3);
    out = crypto::WriteHex(sha256.Finish(), kHashDigits, out + 3);
  }
  if (tag_bytes > 0) {
    *out++ = '-';
    std::memcpy(out, tag.data(), tag.size());
    out += tag.size();
  }
  track.message_id_size =
      static_cast<std::size_t>(out - track.message_id.data());
}

}  // namespace segrid::transform
