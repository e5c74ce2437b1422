// SendGrid events between the typed message and a webhook body.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "segrid/v1/sendgrid_event.pb.h"

namespace segrid::bench {

// The event as SendGrid posts it: one flat JSON object, custom arguments among
// the other keys, the spellings of real bodies (`attempt` a string, `tls` 0 or
// 1, one category a string).
std::string EventToJson(const segrid::v1::SendGridEvent& event);

// The elements of a webhook body as they stand there. INVALID_ARGUMENT when it
// is not a JSON array.
absl::StatusOr<std::vector<std::string>> SplitBody(std::string_view body);

// The typed event of one element. Values of another type are converted where
// that is safe and left out where not, as the server does; unknown keys become
// custom arguments. INVALID_ARGUMENT when it is not a JSON object: a typed
// event cannot say that.
absl::StatusOr<segrid::v1::SendGridEvent> JsonToEvent(std::string_view element);

// `[a,b,…]` of ready elements.
std::string JoinBody(const std::vector<std::string>& elements);

}  // namespace segrid::bench
