// Jitsu's answers: 200 also when it did not take the messages, with the truth
// in the body.

#pragma once

#include <string_view>
#include <vector>

#include "core/receivers/receiver.h"
#include "core/receivers/segment/response.h"

namespace segrid::receivers::segment {

// The decision about a 2xx whose body is `{"ok":true}` or
// `{"ok":false,"errors":[…]}`, an error naming a message by its id. Named ones
// are refusals, each with the verdict that its error asks for; the rest is
// delivered. When an error names none of `ids`, the decision is about the whole
// batch: what was taken goes out again with the same messageId. A body without
// `ok` is not jitsu's: to be tried again.
SendResult DecidePartialSuccess(const Answer& answer,
                                const std::vector<std::string_view>& ids);

}  // namespace segrid::receivers::segment
