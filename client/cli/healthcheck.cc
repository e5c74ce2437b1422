// segrid healthcheck: asks the standard health service, for probes.

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/http_probe.h"
#include "client/cli/server_flags.h"
#include "client/internal/channel.h"
#include "client/internal/unary_call.h"

namespace segrid::cli {
namespace {

struct HealthFlags {
  ServerFlags server;
  std::string service;
  std::string http;  // A URL. Empty: by gRPC.
  bool json = false;
};

// grpc.health.v1.HealthCheckResponse.ServingStatus.
constexpr const char* kStatusNames[] = {"UNKNOWN", "SERVING", "NOT_SERVING",
                                        "SERVICE_UNKNOWN"};
constexpr std::uint64_t kServing = 1;

// The messages of grpc.health.v1 have one field each; their generated classes
// would be one more package to build with. An Empty keeps fields it does not
// know.
using google::protobuf::Empty;

// The status that the server answers, as its number.
Result<std::uint64_t> AskHealth(const HealthFlags& flags) {
  auto channel = internal::OpenChannel(flags.server.ToClientOptions());
  if (!channel.ok()) return std::move(channel).error();
  grpc::ClientContext context;
  if (auto bad = internal::PrepareCall(*channel, {}, context)) return *bad;

  Empty request;
  request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(
      1, flags.service);
  Empty response;
  grpc::TemplatedGenericStub<Empty, Empty> stub(channel->grpc);
  std::promise<grpc::Status> finished;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(),
                 &request, &response, [&](grpc::Status status) {
                   finished.set_value(std::move(status));
                 });
  const grpc::Status status = finished.get_future().get();
  if (!status.ok()) return internal::ErrorOfCall(*channel, {}, status);

  const auto& fields = response.GetReflection()->GetUnknownFields(response);
  std::uint64_t serving = 0;
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = fields.field(i);
    if (field.number() == 1 &&
        field.type() == google::protobuf::UnknownField::TYPE_VARINT) {
      serving = field.varint();
    }
  }
  return serving;
}

// By HTTP: ready is what answers 200.
int RunHttpCheck(const HealthFlags& flags, Console& console) {
  const Result<int> status = ProbeHttp(
      flags.http, absl::FromChrono(flags.server.ToClientOptions().timeout));
  if (!status.ok()) return Fail(console, status.error());
  const bool good = *status == 200;
  const std::string name = good ? "SERVING" : "NOT_SERVING";
  if (flags.json) {
    console.out << "{\"status\":\"" << name << "\"}\n";
  } else {
    console.out << name << "\n";
  }
  if (good) return kDone;
  return Fail(console,
              Printable(flags.http) + " answers " + std::to_string(*status));
}

int RunHealthcheck(const HealthFlags& flags, Console& console) {
  const Result<std::uint64_t> serving = AskHealth(flags);
  if (!serving.ok()) return Fail(console, serving.error());
  const std::string name = *serving < std::size(kStatusNames)
                               ? kStatusNames[*serving]
                               : std::to_string(*serving);
  if (flags.json) {
    console.out << "{\"status\":\"" << name << "\"}\n";
  } else {
    console.out << name << "\n";
  }
  if (*serving == kServing) return kDone;
  return Fail(console, flags.server.address + " does not serve: " + name);
}

}  // namespace

void AddHealthcheck(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<HealthFlags>();
  CLI::App* command = app.add_subcommand(
      "healthcheck", "Ask whether a server serves: exit code 0 or 1");
  AddServerFlags(*command, flags->server);
  command->add_option("--http", flags->http,
                      "Ask this probe over HTTP instead, which needs no "
                      "certificate: http://127.0.0.1:8081/readyz");
  command->add_option("--service", flags->service,
                      "Ask for this gRPC service instead of the whole server");
  command->add_flag("--json", flags->json, "Print one line of JSON");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) {
      return flags->http.empty() ? RunHealthcheck(*flags, console)
                                 : RunHttpCheck(*flags, console);
    };
  });
}

}  // namespace segrid::cli
