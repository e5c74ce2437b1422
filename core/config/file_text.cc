#include "core/config/file_text.h"

#include <algorithm>

#include "core/config/yaml_tree.h"

namespace segrid::config {
namespace {

unsigned char Byte(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// A line of a hostile file may be as long as the file: counting from its start
// for each node would take minutes.
constexpr std::size_t kBlockBytes = 256;

bool StartsCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

// The length of the UTF-8 sequence at `at`, or 0 if it is none.
std::size_t SequenceLength(std::string_view text, std::size_t at) {
  const unsigned char first = Byte(text, at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((Byte(text, at + i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = Byte(text, at + 1);
  const bool overlong =
      (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool too_high = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || too_high ? 0 : length;
}

// The YAML library takes byte 4 for the end of the file and would ignore what
// follows; none of these has a place in a configuration.
bool IsBadControl(std::string_view text, std::size_t at) {
  const unsigned char byte = Byte(text, at);
  if (byte == '\r') return Byte(text, at + 1) != '\n';
  return (byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F;
}

}  // namespace

FileText::FileText(std::string_view text) : text_(text), line_starts_{0} {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % kBlockBytes == 0) characters_.push_back(characters);
    characters += StartsCharacter(text[i]);
    if (text[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::size_t FileText::CharactersBefore(std::size_t offset) const {
  if (characters_.empty()) return 0;
  const std::size_t block =
      std::min(offset / kBlockBytes, characters_.size() - 1);
  const std::string_view rest =
      text_.substr(block * kBlockBytes, offset - block * kBlockBytes);
  return characters_[block] + static_cast<std::size_t>(std::count_if(
                                  rest.begin(), rest.end(), &StartsCharacter));
}

Position FileText::At(std::size_t line, std::size_t byte) const {
  line = std::min(line, line_starts_.size() - 1);
  const std::size_t start = line_starts_[line];
  const std::size_t offset = std::min(start + byte, text_.size());
  return {
      static_cast<int>(line) + 1,
      static_cast<int>(CharactersBefore(offset) - CharactersBefore(start)) + 1};
}

Position FileText::AtOffset(std::size_t offset) const {
  const auto next =
      std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<std::size_t>(next - line_starts_.begin()) - 1;
  return At(line, offset - line_starts_[line]);
}

bool FileText::Check(Problems& problems) const {
  if (text_.size() > kMaxFileBytes) {
    problems.Add({}, "", kFileTooLarge);
    return false;
  }
  for (std::size_t i = 0; i < text_.size();) {
    const std::size_t length = SequenceLength(text_, i);
    if (length == 0) {
      problems.Add(AtOffset(i), "", "not UTF-8; save the file as UTF-8");
      return false;
    }
    if (IsBadControl(text_, i)) {
      problems.Add(AtOffset(i), "", "a control character; remove it");
      return false;
    }
    i += length;
  }
  return true;
}

}  // namespace segrid::config
