// A receiver's answer, waited for.

#pragma once

#include <utility>

#include "absl/synchronization/notification.h"
#include "core/receivers/receiver.h"

namespace segrid::receivers {

inline SendResult SendAndWait(Receiver& receiver, Batch batch) {
  SendResult result;
  absl::Notification done;
  receiver.Send(std::move(batch), [&](SendResult got) {
    result = std::move(got);
    done.Notify();
  });
  done.WaitForNotification();
  return result;
}

}  // namespace segrid::receivers
