// Delivers one event to a file in the directory that is the first argument.

#include <iostream>

#include "client/client.h"
#include "server/embedded/embedded.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  segrid::EmbeddedOptions options;
  options.data_dir = argv[1];
  const auto embedded = segrid::Embedded::Start(options);
  if (!embedded.ok()) {
    std::cerr << embedded.error() << "\n";
    return 1;
  }
  const segrid::Client client((*embedded)->connection());
  const auto answer = client.Forward(
      R"([{"event":"open","email":"ada@example.com","timestamp":1591726752}])");
  if (!answer.ok()) {
    std::cerr << answer.error() << "\n";
    return 1;
  }
  std::cout << "accepted " << answer->accepted_count() << "\n";
  return (*embedded)->Drain(std::chrono::seconds(20)) ? 0 : 1;
}
