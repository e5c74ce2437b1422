// Calls to a server's AdminService.

#pragma once

#include <memory>
#include <utility>

#include "client/cli/server_flags.h"
#include "client/internal/channel.h"
#include "client/internal/unary_call.h"
#include "client/result.h"
#include "segrid/v1/admin.grpc.pb.h"

namespace segrid::cli {

using AdminStub = v1::AdminService::Stub;

// A server's AdminService. Blocking, one call at a time.
class Admin {
 public:
  // See internal::OpenChannel() for the errors.
  static Result<Admin> Open(const ServerFlags& flags) {
    auto channel = internal::OpenChannel(flags.ToClientOptions());
    if (!channel.ok()) return std::move(channel).error();
    return Admin(*std::move(channel));
  }

  // Calls `&AdminStub::Method`. Errors: the server's, or the connection's.
  template <typename Request, typename Response>
  Result<Response> Call(grpc::Status (AdminStub::*method)(grpc::ClientContext*,
                                                          const Request&,
                                                          Response*),
                        const Request& request) {
    return internal::UnaryCall({channel_, CallOptions()}, *stub_, method,
                               request);
  }

 private:
  explicit Admin(internal::Channel channel)
      : channel_(std::move(channel)),
        stub_(v1::AdminService::NewStub(channel_.grpc)) {}

  internal::Channel channel_;
  std::unique_ptr<AdminStub> stub_;
};

// Opens, calls once and forgets.
template <typename Request, typename Response>
Result<Response> CallAdmin(const ServerFlags& flags,
                           grpc::Status (AdminStub::*method)(
                               grpc::ClientContext*, const Request&, Response*),
                           const Request& request) {
  Result<Admin> admin = Admin::Open(flags);
  if (!admin.ok()) return std::move(admin).error();
  return admin->Call(method, request);
}

}  // namespace segrid::cli
