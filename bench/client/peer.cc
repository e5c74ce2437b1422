#include "bench/client/peer.h"

#include <grpcpp/server_builder.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>

#include "server/embedded/embedded.h"

namespace segrid::bench {

grpc::Status QuickBridge::Forward(grpc::ServerContext* /*context*/,
                                  const v1::ForwardRequest* request,
                                  v1::ForwardResponse* response) {
  response->set_event_count(request->events_size());
  response->set_accepted_count(request->events_size());
  return grpc::Status::OK;
}

namespace {

// Runs `serve`, which tells its address and serves, in a child process.
std::string StartChild(const std::function<std::string()>& serve) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) std::abort();
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::string address = serve();
    if (write(ends[1], address.data(), address.size()) < 0) _exit(1);
    close(ends[1]);
    while (true) pause();
  }
  close(ends[1]);
  std::string address(100, '\0');
  const ssize_t size = read(ends[0], address.data(), address.size());
  if (size <= 0) std::abort();
  address.resize(static_cast<std::size_t>(size));
  return address;
}

}  // namespace

// What they make lives as long as their process.
std::string StartPeer() {
  return StartChild([] {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(new QuickBridge());
    if (builder.BuildAndStart().release() == nullptr) _exit(1);
    return "127.0.0.1:" + std::to_string(port);
  });
}

std::string StartSegrid(const std::string& directory) {
  return StartChild([&directory] {
    auto started = Embedded::Start(
        {.config_text = "grpc: {listen: [\"127.0.0.1:0\"]}\nsources: "
                        "[{name: all, receiver: file, path: tracks}]\n",
         .data_dir = directory,
         .grpc_door = true});
    if (!started.ok()) _exit(1);
    return (*started).release()->grpc_addresses().at(0);
  });
}

}  // namespace segrid::bench
