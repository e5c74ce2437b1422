// A receiver that may block, in a thread where it delays nobody else.

#pragma once

#include <memory>
#include <string>

#include "core/pool/serial_thread.h"
#include "core/receivers/receiver.h"

namespace segrid::receivers::threaded {

// Runs the Send of another receiver, which may wait for a disk or a database,
// in a thread of its own. `done` runs there, too, and so does its Maintain.
//
// Ownership:     owns the other receiver. The destructor stops the attempt that
//                waits, where the other receiver can, and waits for what was
//                given to Send.
// Thread safety: as Receiver; the other one's Send runs one at a time.
// Blocking:      never.
class ThreadedReceiver final : public Receiver {
 public:
  // `thread_name`: see base::NameThread.
  ThreadedReceiver(std::unique_ptr<Receiver> blocking,
                   const std::string& thread_name);

  ~ThreadedReceiver() override { Stop(); }

  void Send(Batch batch, Done done) override;
  void Stop() override { blocking_->Stop(); }
  Limits limits() const override { return blocking_->limits(); }
  std::string endpoint() const override { return blocking_->endpoint(); }

 private:
  // Shared with the thread's tasks, the last of which may outlive this.
  const std::shared_ptr<Receiver> blocking_;
  pool::SerialThread thread_;
};

}  // namespace segrid::receivers::threaded
