// Hands a webhook body over to Segrid, as a service of one's own would.

#include <iostream>
#include <iterator>
#include <string>

#include "client/client.h"

int main(int argc, char** argv) {
  const std::string address = argc > 1 ? argv[1] : "127.0.0.1:50051";
  const auto client = segrid::Client::Connect({.address = address});
  if (!client.ok()) {
    std::cerr << client.error() << "\n";
    return 1;
  }

  const std::string body{std::istreambuf_iterator<char>(std::cin), {}};
  const auto answer = client->Forward(body);
  if (!answer.ok()) {  // Code, reason, what to do; when to retry, if it helps.
    std::cerr << answer.error() << "\n";
    return 1;
  }

  std::cout << answer->accepted_count() << " Tracks are on their way, "
            << answer->duplicate_count() << " were known\n";
  for (const segrid::v1::EventIssue& issue : answer->issues()) {
    std::cout << "event " << issue.index() << ": "
              << segrid::v1::Reason_Name(issue.reason()) << "\n";
  }
}
