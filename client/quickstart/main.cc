// Tells the Segrid server at the address in the first argument about single
// events, as a service does that learns of them one by one.

#include <chrono>
#include <ctime>
#include <iostream>
#include <string>

#include "client/batching_forwarder.h"
#include "client/client.h"

// What became of an event. Called in a thread of the forwarder's.
void Report(const segrid::EventOutcome& outcome) {
  using Kind = segrid::EventOutcome::Kind;
  std::string line = "event " + std::to_string(outcome.id) + ": ";
  if (outcome.kind == Kind::kAccepted) line += "accepted";
  if (outcome.kind == Kind::kFailed) line += outcome.error->ToString();
  for (const segrid::v1::EventIssue& issue : outcome.issues) {
    line += segrid::v1::Reason_Name(issue.reason()) + " ";
  }
  std::cout << line + "\n";
}

int main(int argc, char** argv) {
  const auto client = segrid::Client::Connect(
      {.address = argc > 1 ? argv[1] : "127.0.0.1:50051"});
  if (!client.ok()) {
    std::cerr << client.error() << "\n";
    return 1;
  }
  segrid::BatchingForwarder forwarder(*client, {.on_outcome = Report});

  segrid::v1::SendGridEvent event;
  event.set_event("open");
  event.set_email("ada@example.com");
  event.set_timestamp(std::time(nullptr));
  event.set_sg_event_id("open-1");
  if (const auto error = forwarder.Add(event, 1)) std::cerr << *error << "\n";
  event.clear_email();
  if (const auto error = forwarder.Add(event, 2)) std::cerr << *error << "\n";

  // Sends what is left and waits for it, as the end of a service should.
  return forwarder.Shutdown(std::chrono::seconds(10)) ? 0 : 1;
}
