#include "tests/client/live/fleet.h"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace segrid::tests {

FleetServer::FleetServer() {
  Launch(0);
  std::ifstream(dir_.Path("port")) >> port_;
  EXPECT_GT(port_, 0);
}

void FleetServer::Launch(int port) {
  const std::string config = dir_.Write(
      "segrid.yaml",
      "grpc: {listen: [\"127.0.0.1:" + std::to_string(port) +
          "\"]}\nhttp: {listen: []}\nadmin: {listen: []}\n"
          "drain: {grace: 5s}\n"
          "sources: [{name: all, receiver: file, path: tracks.ndjson}]\n");
  process_ = std::make_unique<app::ServerProcess>(
      dir_.Path(""), std::vector<std::string>{"--config", config, "--port-file",
                                              dir_.Path("port")});
  EXPECT_TRUE(process_->ReadUntil("ready")) << process_->errors();
}

void FleetServer::Start() { Launch(port_); }

void FleetServer::Stop() {
  process_->Signal(SIGTERM);
  EXPECT_EQ(process_->Wait(), 0) << process_->errors();
}

void FleetServer::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait();
}

std::map<std::string, int> FleetServer::Delivered() const {
  std::map<std::string, int> counts;
  std::ifstream file(dir_.Path("segrid-data/tracks.ndjson"));
  const std::string key = "\"messageId\":\"";
  for (std::string line; std::getline(file, line);) {
    const std::size_t begin = line.find(key) + key.size();
    ++counts[line.substr(begin, line.find('"', begin) - begin)];
  }
  return counts;
}

std::string FleetEvents(const std::string& prefix, int count) {
  std::string body = "[";
  for (int i = 0; i < count; ++i) {
    if (i > 0) body += ",";
    body += R"({"event":"open","email":"ada@example.com",)"
            R"("timestamp":1591726752,"sg_event_id":")";
    body += prefix;
    body += "-";
    body += std::to_string(i);
    body += "\"}";
  }
  return body + "]";
}

void PassTime(absl::Duration time) {
  absl::Notification never;
  never.WaitForNotificationWithTimeout(time);
}

int NumberFromEnvironment(const char* name, int otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

}  // namespace segrid::tests
