#include "client/cli/backfill_progress.h"

#include <cstddef>
#include <random>
#include <vector>

#include "core/crypto/sha256.h"

namespace segrid::cli {
namespace {

constexpr std::size_t kMarkDigits = 16;
constexpr std::size_t kNameDigits = 64;
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kRejected = "rejected ";
constexpr std::string_view kTail = "tail ";
constexpr std::string_view kRun = "run ";

std::string Digits(std::string_view text, std::size_t count) {
  std::string digits(count, '\0');
  crypto::WriteHex(crypto::Sha256().Hash(text), count, digits.data());
  return digits;
}

std::string With(std::string_view prefix, const std::string& file) {
  return std::string(prefix) + file;
}

// `<mark> <file>`.
bool IsMarkOf(const std::string& name, const std::string& file) {
  return name.size() == kMarkDigits + 1 + file.size() &&
         name.ends_with(" " + file) &&
         name.find_first_not_of("0123456789abcdef") == kMarkDigits;
}

}  // namespace

std::string BackfillProgress::MarkOf(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return Digits("", kMarkDigits);
  const std::size_t end = text.find_last_not_of(kBlank) + 1;
  return Digits(text.substr(begin, end - begin), kMarkDigits);
}

BackfillPosition BackfillProgress::Find(const std::string& file) const {
  BackfillPosition position;
  for (const auto& [name, number] : notes_.all()) {
    if (IsMarkOf(name, file)) {
      position.done = number;
      position.mark = name.substr(0, kMarkDigits);
    } else if (name == With(kRejected, file)) {
      position.rejected_bytes = number;
    } else if (name == With(kTail, file)) {
      position.tail_bytes = number;
    }
  }
  return position;
}

std::optional<Error> BackfillProgress::Note(const std::string& file,
                                            const BackfillPosition& position) {
  std::vector<std::string> old = {With(kRejected, file), With(kTail, file)};
  for (const auto& [name, number] : notes_.all()) {
    if (IsMarkOf(name, file)) old.push_back(name);
  }
  for (const std::string& name : old) notes_.Forget(name);
  if (position.done > 0) {
    notes_.Set(position.mark + " " + file, position.done);
  }
  if (position.rejected_bytes >= 0) {
    notes_.Set(With(kRejected, file), position.rejected_bytes);
  }
  if (position.tail_bytes >= 0) {
    notes_.Set(With(kTail, file), position.tail_bytes);
  }
  return notes_.Write();
}

std::string BackfillProgress::NameOfCall(const std::string& file,
                                         std::int64_t first,
                                         std::string_view part) {
  if (!is_kept()) return "";
  std::string run;
  for (const auto& [name, number] : notes_.all()) {
    if (name.starts_with(kRun)) run = name;
  }
  if (run.empty()) {
    // Another progress file is another request, so its calls have other names.
    std::random_device device;
    run = With(
        kRun, Digits(std::to_string(device()) + " " + std::to_string(device()) +
                         " " + std::to_string(device()),
                     kMarkDigits));
    notes_.Set(run, 0);
    // Before the first call: a kill must not lose it.
    if (notes_.Write()) return "";
  }
  std::string text = run + "\n" + file + "\n" + std::to_string(first) + "\n";
  text.append(part);
  return Digits(text, kNameDigits);
}

}  // namespace segrid::cli
