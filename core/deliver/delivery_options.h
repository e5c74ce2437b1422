// The settings of delivery, and the parts that it needs from outside.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/metrics/histogram.h"
#include "core/pool/executor.h"
#include "core/queue/queue.h"
#include "core/receivers/receiver.h"
#include "core/retry/backoff.h"

namespace segrid::deliver {

class DeliveryObserver;

// One source, and the lane of the queue that it delivers.
struct Source {
  std::string name{};
  std::string lane{};  // Empty: it has the source's name.
  std::unique_ptr<receivers::Receiver> receiver{};
  absl::Duration max_age = absl::Hours(20);  // Then a message is EXPIRED.
  // Messages expire also while an operator has paused the source.
  bool expire_while_paused = false;
  double requests_per_second = 50;  // Above 0.
  double events_per_second = 0;     // 0: any number.
  std::int32_t max_in_flight = 4;   // Batches; 1 to 100.
  // Gets the time from acceptance to delivery of each message. May be null.
  std::shared_ptr<metrics::Histogram> latency{};
};

// Settings of all sources.
struct Options {
  // How long a batch that is not full waits for more messages.
  absl::Duration linger = absl::Milliseconds(50);
  // After failures that may pass.
  retry::BackoffOptions backoff{};
  // Between the probes of a held source: the first, and the most. A message
  // that arrives is probed no sooner than the first after the last probe.
  absl::Duration probe_wait = absl::Seconds(60);
  absl::Duration max_probe_wait = absl::Minutes(15);
  // Of messages in delivery; renewed as long as that lasts.
  absl::Duration lease = absl::Minutes(5);
};

// The parts that delivery needs; all must outlive the Deliverer.
struct Environment {
  base::Clock& clock;
  queue::Queue& queue;
  pool::Executor& executor;
  retry::Jitter jitter;
  DeliveryObserver* observer = nullptr;  // May be null.
};

}  // namespace segrid::deliver
