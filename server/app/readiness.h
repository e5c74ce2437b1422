// Whether the service does its work, asked without waiting for it.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/pool/executor.h"
#include "core/pool/serial_thread.h"
#include "core/queue/queue.h"
#include "server/http/probes.h"
#include "server/rpc/admission.h"

namespace segrid::app {

// All must outlive the object, and `queue` its answers.
struct ReadinessDeps {
  pool::Executor& delivery;
  queue::Queue& queue;
  std::string lane{};  // Any of the queue's, for a call that changes nothing.
  const rpc::Admission& admission;
  // Hears each change, and once at the start. In the object's thread.
  std::function<void(bool ready)> on_change{};
  // Hears at each look why the queue would accept nothing; empty: it would. In
  // the object's thread.
  std::function<void(const std::string& reason)> on_queue{};
  // Hears at each look of the backups of the queue. In a thread that may wait
  // for the queue; must not block.
  std::function<void(const queue::BackupStats& stats)> on_backups{};
};

struct ReadinessOptions {
  absl::Duration interval = absl::Seconds(1);  // Between two questions.
  // How long the delivery threads or the queue may take to answer one.
  absl::Duration patience = absl::Seconds(10);
};

// Asks the delivery threads and the queue again and again for a sign of life,
// because who hangs cannot say so. Also the queue's own reasons are fetched by
// a thread that may wait for them, so listeners only read what is known.
//
// Ownership:     owns two threads.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      the constructor asks the queue once; the destructor waits for
//                the queue to answer; all else never blocks.
class Readiness {
 public:
  Readiness(ReadinessDeps deps, ReadinessOptions options);
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // The conditions, for /readyz: "serving", "delivery", "queue" last. They may
  // outlive the object.
  std::vector<httpd::Check> Checks() const;

 private:
  struct State;

  void Run();
  void AskDelivery();
  void AskQueue();

  const ReadinessDeps deps_;
  const ReadinessOptions options_;
  const std::shared_ptr<State> state_;  // Shared with answers that are late.
  const std::vector<httpd::Check> checks_;
  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  pool::SerialThread queue_thread_;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace segrid::app
