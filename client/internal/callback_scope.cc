#include "client/internal/callback_scope.h"

#include <thread>
#include <utility>

namespace segrid::internal {
namespace {

// Of the thread, not of the process: how many scopes it is in.
thread_local int callback_depth = 0;

void Release(const Channel* channel) {
  if (callback_depth == 0) {
    delete channel;
  } else {
    std::thread([channel] { delete channel; }).detach();
  }
}

}  // namespace

CallbackScope::CallbackScope() { ++callback_depth; }
CallbackScope::~CallbackScope() { --callback_depth; }

std::shared_ptr<const Channel> ShareChannel(Channel channel) {
  return {new Channel(std::move(channel)), Release};
}

}  // namespace segrid::internal
