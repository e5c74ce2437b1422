// Forwards one event to the server whose address is the first argument.

#include <iostream>

#include "client/batching_forwarder.h"
#include "client/client.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  segrid::ClientOptions options;
  options.address = argv[1];
  const auto client = segrid::Client::Connect(options);
  if (!client.ok()) {
    std::cerr << client.error() << "\n";
    return 1;
  }
  segrid::v1::SendGridEvent event;
  event.set_event("open");
  event.set_email("ada@example.com");
  event.set_timestamp(1591726752);
  segrid::BatchingForwarder forwarder(*client);
  if (const auto error = forwarder.Add(event)) {
    std::cerr << *error << "\n";
    return 1;
  }
  if (!forwarder.Shutdown(std::chrono::seconds(10))) return 1;
  std::cout << "accepted " << forwarder.stats().accepted_count << "\n";
  return forwarder.stats().accepted_count == 1 ? 0 : 1;
}
