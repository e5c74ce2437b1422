#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "client/client.h"
#include "server/embedded/embedded.h"
#include "tests/client/scratch_dir.h"

namespace segrid {
namespace {

using std::chrono::seconds;

constexpr char kBody[] =
    R"([{"event":"open","email":"ada@example.com","timestamp":1591726752}])";
constexpr unsigned kHangSeconds = 20;

bool IsForked(const Client& client) {
  const auto transformed = client.Transform(kBody);
  const auto forwarded = client.Forward(kBody);
  return !transformed.ok() && transformed.error().reason == "FORKED" &&
         !forwarded.ok() && forwarded.error().reason == "FORKED";
}

// Queue and delivery are threads of the parent.
TEST(EmbeddedFork, FailsClearlyInTheChildAndGoesOnInTheParent) {
  const tests::ScratchDir dir;
  auto started = Embedded::Start({.config_text = "sources: [{name: all, "
                                                 "receiver: file, path: t}]\n",
                                  .data_dir = dir.Path("data")});
  ASSERT_TRUE(started.ok()) << started.error();
  std::unique_ptr<Embedded> embedded = *std::move(started);
  const Client client(embedded->connection());
  ASSERT_TRUE(client.Forward(kBody).ok());
  const pid_t child = fork();
  if (child == 0) {
    alarm(kHangSeconds);
    const bool clear = IsForked(client) && !embedded->Drain(seconds(1));
    embedded.reset();
    _exit(clear && IsForked(client) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "hung";
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(client.Forward(kBody).ok());
  EXPECT_TRUE(embedded->Drain(seconds(10)));
}

}  // namespace
}  // namespace segrid
