#include "core/receivers/threaded/threaded_receiver.h"

#include <utility>

namespace segrid::receivers::threaded {

ThreadedReceiver::ThreadedReceiver(std::unique_ptr<Receiver> blocking,
                                   const std::string& thread_name)
    : blocking_(std::move(blocking)),
      thread_(thread_name,
              [receiver = blocking_] { return receiver->Maintain(); }) {}

void ThreadedReceiver::Send(Batch batch, Done done) {
  thread_.Post(
      [blocking = blocking_, batch = std::make_shared<Batch>(std::move(batch)),
       done = std::move(done)] { blocking->Send(std::move(*batch), done); });
}

}  // namespace segrid::receivers::threaded
