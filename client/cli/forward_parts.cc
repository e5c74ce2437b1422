#include "client/cli/forward_parts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "client/cli/progress_bar.h"
#include "client/cli/progress_file.h"
#include "client/cli/safe_text.h"
#include "client/internal/json_elements.h"
#include "client/internal/parts.h"
#include "core/crypto/sha256.h"

namespace segrid::cli {
namespace {

constexpr std::size_t kStateDigits = 16;

// The name of a body whose content is this.
std::string NameInState(const std::string& body_name, std::string_view body) {
  std::string digits(kStateDigits, '\0');
  crypto::WriteHex(crypto::Sha256().Hash(body), digits.size(), digits.data());
  return digits + " " + body_name;
}

// True when the state has another content under the name of this body.
bool IsChanged(const ProgressFile& state, const std::string& name,
               const std::string& body_name) {
  const auto is_older = [&name, &body_name](const auto& note) {
    return note.first != name &&
           note.first.size() == kStateDigits + 1 + body_name.size() &&
           note.first.ends_with(" " + body_name);
  };
  return !state.all().contains(name) &&
         std::any_of(state.all().begin(), state.all().end(), is_older);
}

std::int64_t CountEvents(const std::vector<internal::ElementRun>& parts) {
  return parts.empty() ? 0
                       : std::int64_t{parts.back().first} + parts.back().count;
}

// The body as it is, in one call.
void ForwardWhole(const Client& client, std::string body,
                  const ForwardOptions& options, ForwardedParts& sum) {
  auto answer = client.Forward(std::move(body), options);
  if (answer.ok()) {
    sum.answer = *std::move(answer);
    sum.done = sum.answer.event_count();
  } else {
    sum.error = std::move(answer).error();
  }
}

}  // namespace

ForwardedParts ForwardInParts(const Client& client, std::string array,
                              const ForwardPartsOptions& options,
                              Console& console) {
  ForwardedParts sum;
  const auto parts = internal::CutArray(
      array, {.max_bytes = kMaxPartBytes, .max_events = kMaxPartEvents});
  const bool is_long = parts.has_value() && parts->size() > 1;
  if (!parts.has_value() || (!is_long && options.state_file.empty())) {
    ForwardWhole(client, std::move(array), options.forward, sum);
    return sum;
  }
  auto state = ProgressFile::Open(options.state_file);
  if (!state.ok()) {
    sum.error = std::move(state).error();
    return sum;
  }
  const std::string name = NameInState(options.body_name, array);
  if (IsChanged(*state, name, options.body_name)) {
    console.err << "segrid: " << Printable(options.body_name)
                << ": is another body than the one that "
                << Printable(options.state_file)
                << " knows by this name, so it is sent from its beginning; "
                   "what the server has is a duplicate within its "
                   "dedup_window"
                << std::endl;
  }
  sum.total = CountEvents(*parts);
  sum.done = sum.done_before = state->Done(name);
  ProgressBar bar(console.err, sum.total, options.show_progress && is_long);
  const absl::Time begin = absl::Now();
  for (const internal::ElementRun& part : *parts) {
    if (part.first + part.count <= sum.done_before) continue;
    std::string body = "[";
    body.append(part.text).append("]");
    auto answer = client.Forward(std::move(body), options.forward);
    if (!answer.ok()) {
      sum.error = internal::ErrorOfPart(std::move(answer).error(), part.first,
                                        part.count);
      return sum;
    }
    internal::AddAnswer(*std::move(answer), part.first, sum.answer);
    sum.done = part.first + part.count;
    bar.Show(sum.done, sum.done - sum.done_before, absl::Now() - begin);
    if ((sum.error = state->Note(name, sum.done))) return sum;
  }
  return sum;
}

}  // namespace segrid::cli
