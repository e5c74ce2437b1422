#include "client/cli/body.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "client/cli/archive_input.h"
#include "core/config/quantity.h"

namespace segrid::cli {
namespace {

constexpr std::size_t kBlockBytes = 256 << 10;
constexpr std::int64_t kMaxMaxBytes = std::int64_t{1} << 30;

std::string CheckSize(const std::string& text) {
  const absl::StatusOr<std::int64_t> size = config::ParseSize(text);
  if (!size.ok()) return std::string(size.status().message());
  return 1 <= *size && *size <= kMaxMaxBytes ? "" : "must be 1B to 1GiB";
}

Error Failed(ErrorCode code, const std::string& name, const char* what) {
  Error error;
  error.code = code;
  error.message = name + ": " + what;
  return error;
}

}  // namespace

void AddBodyFlags(CLI::App& command, BodyFlags& flags) {
  command
      .add_option("FILE", flags.file,
                  "Events: an array as SendGrid posts it, several of them, an "
                  "event per line, packed with gzip or not; - reads standard "
                  "input")
      ->type_name("")
      ->capture_default_str();
  command
      .add_option("--max-body", flags.max_bytes,
                  "Refuse a larger body: 1B to 1GiB")
      ->type_name("SIZE")
      ->check(CLI::Validator(CheckSize, ""))
      ->capture_default_str();
}

std::string NameOf(const BodyFlags& flags) {
  return flags.file == "-" ? "standard input" : flags.file;
}

namespace {

Result<std::string> ReadAll(const BodyFlags& flags,
                            ArchiveInput::Packing packing) {
  const std::string name = NameOf(flags);
  const auto limit =
      static_cast<std::size_t>(*config::ParseSize(flags.max_bytes));
  const auto too_large = [&] {
    return Failed(ErrorCode::kResourceExhausted, name,
                  ("the body is over " + flags.max_bytes +
                   "; see --max-body, or split it")
                      .c_str());
  };
  const auto naming = [&](Error error) {
    error.message.insert(0, name + ": ");
    return error;
  };
  Result<ArchiveInput> input = ArchiveInput::Open(flags.file, packing);
  if (!input.ok()) return naming(std::move(input).error());
  const std::size_t hint = input->size_hint();
  std::string body;
  if (hint <= limit) body.reserve(hint + 1);
  std::size_t size = 0;
  while (true) {
    // One byte over the limit tells a body that is too large.
    const std::size_t room = std::min(
        limit + 1 - size, std::max(body.capacity() - size, kBlockBytes));
    body.resize(size + room);
    Result<std::size_t> got = input->Read(body.data() + size, room);
    if (!got.ok()) return naming(std::move(got).error());
    size += *got;
    if (size > limit) return too_large();
    if (*got == 0) break;
  }
  if (size == 0) {
    return Failed(ErrorCode::kInvalidArgument, name, "the body is empty");
  }
  body.resize(size);
  return body;
}

}  // namespace

Result<std::string> ReadBody(const BodyFlags& flags) {
  return ReadAll(flags, ArchiveInput::Packing::kUnpacked);
}

Result<std::string> ReadBytes(const BodyFlags& flags) {
  return ReadAll(flags, ArchiveInput::Packing::kAsItIs);
}

}  // namespace segrid::cli
