// The ceiling of the webhook: the server's own HTTP listener, which takes the
// body of a post and answers with as many bytes as it is told.
//
//   segrid-http-echo [--listen 127.0.0.1:0] [--answer-bytes 80]

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include "CLI/CLI.hpp"
#include "core/base/clock.h"
#include "core/base/process.h"
#include "core/pool/thread_pool.h"
#include "server/http/listener.h"

namespace segrid::bench {
namespace {

constexpr std::int64_t kMaxBodyBytes = 4 << 20;
constexpr int kMinThreads = 2;  // As the server's listener.
constexpr int kMaxThreads = 8;

struct EchoOptions {
  std::string listen = "127.0.0.1:0";
  std::size_t answer_bytes = 80;
};

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "segrid-http-echo: %s\n",
               std::string(status.message()).c_str());
  return 1;
}

int Serve(const EchoOptions& options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto pool = pool::ThreadPool::Create(
      std::clamp(static_cast<int>(std::thread::hardware_concurrency()),
                 kMinThreads, kMaxThreads));
  if (!pool.ok()) return Fail(pool.status());
  base::SystemClock clock;
  httpd::Router router;
  httpd::Route route;
  route.method = "POST";
  route.path = "/v1/webhook";
  route.max_body_bytes = kMaxBodyBytes;
  route.handle = [body = std::string(options.answer_bytes, 'x')](
                     const httpd::Request&, httpd::Respond respond) {
    respond({.body = body});
  };
  router.Add(std::move(route));
  httpd::Options limits;
  limits.listen = {options.listen};
  const auto listener = httpd::Listener::Start(
      std::move(limits), std::move(router), {(*pool)->io(), clock});
  if (!listener.ok()) return Fail(listener.status());
  std::printf("listening %s\n", (*listener)->addresses().at(0).c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  (*listener)->Drain(absl::Now());
  (*pool)->Stop();
  return 0;
}

}  // namespace
}  // namespace segrid::bench

int main(int argc, char** argv) {
  segrid::base::TuneProcess();
  CLI::App app("Takes posts and answers them, the ceiling of a webhook.",
               "segrid-http-echo");
  segrid::bench::EchoOptions options;
  app.add_option("--listen", options.listen, "host:port; port 0: any")
      ->capture_default_str();
  app.add_option("--answer-bytes", options.answer_bytes, "Size of an answer")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return segrid::bench::Serve(options);
}
