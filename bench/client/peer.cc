#include "bench/client/peer.h"

#include <grpcpp/server_builder.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
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
  v1::SourceResult& source = *response->add_sources();
  source.set_source("default");
  source.set_accepted_count(request->events_size());
  return grpc::Status::OK;
}

Peer::Peer(const std::function<std::string()>& serve) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) std::abort();
  child_ = fork();
  if (child_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::string address = serve();
    if (write(ends[1], address.data(), address.size()) < 0) _exit(1);
    close(ends[1]);
    while (true) pause();
  }
  close(ends[1]);
  address_.resize(100);
  const ssize_t size = read(ends[0], address_.data(), address_.size());
  if (size <= 0) std::abort();
  address_.resize(static_cast<std::size_t>(size));
  close(ends[0]);
}

Peer::~Peer() {
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
}

// What they make lives as long as their process.
Peer StartPeer() {
  return Peer([] {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(new QuickBridge());
    if (builder.BuildAndStart().release() == nullptr) _exit(1);
    return "127.0.0.1:" + std::to_string(port);
  });
}

Peer StartSegrid(const std::string& directory) {
  return Peer([&directory] {
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
