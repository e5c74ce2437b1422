// The work of AdminService.ErasePerson.

#pragma once

#include "absl/status/status.h"
#include "segrid/v1/admin.pb.h"
#include "server/rpc/admin_environment.h"
#include "server/rpc/operator_act.h"

namespace segrid::rpc {

// Erases, fills the response, and notes in `act` how much it was. Blocking:
// waits for the queue, for minutes if it holds much. Errors: as
// proto/segrid/v1/admin.proto lists them; none of them repeats the address.
absl::Status ErasePerson(const AdminEnvironment& environment,
                         const ::segrid::v1::ErasePersonRequest& request,
                         ::segrid::v1::ErasePersonResponse& response,
                         OperatorAct& act);

}  // namespace segrid::rpc
