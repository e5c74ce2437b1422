// A program with Segrid inside that says what was acknowledged, until it kills
// itself in the middle of it.
//
//   segrid-embedded-child DIR RUN COUNT
//
// Writes `A <id>` for each event of a Forward that was answered OK. At the
// COUNT-th of them: SIGKILL, while other threads go on.

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "client/client.h"
#include "server/embedded/embedded.h"

namespace segrid::tests {
namespace {

constexpr int kThreads = 3;
constexpr int kEvents = 5;

// In one write: whole lines, or none.
void Say(const std::string& text) {
  if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) std::exit(3);
}

void ForwardForever(const Client& client, const std::string& prefix,
                    std::atomic<int>& left) {
  for (int call = 0;; ++call) {
    v1::ForwardRequest request;
    std::string said;
    for (int i = 0; i < kEvents; ++i) {
      v1::SendGridEvent& event = *request.add_events();
      event.set_event("open");
      event.set_email("ada@example.com");
      event.set_timestamp(1'591'726'752);
      std::string id = prefix;
      id.append("-").append(std::to_string(call * kEvents + i));
      said.append("A ").append(id).append("\n");
      event.set_sg_event_id(std::move(id));
    }
    const auto answer = client.Forward(request);
    if (!answer.ok() || answer->accepted_count() != kEvents) std::exit(4);
    Say(said);
    if ((left -= kEvents) <= 0) ::raise(SIGKILL);
  }
}

int Run(char** argv) {
  const auto embedded = Embedded::Start(
      {.config_text =
           "sources: [{name: prod, receiver: file, path: prod.ndjson}]\n",
       .data_dir = argv[1]});
  if (!embedded.ok()) {
    std::cerr << embedded.error() << std::endl;
    return 2;
  }
  const Client client((*embedded)->connection());
  std::atomic<int> left = std::atoi(argv[3]);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    std::string prefix = argv[2];
    prefix.append("-").append(std::to_string(t));
    threads.emplace_back(
        [&client, &left, prefix] { ForwardForever(client, prefix, left); });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace segrid::tests

int main(int argc, char** argv) {
  return argc == 4 ? segrid::tests::Run(argv) : 1;
}
