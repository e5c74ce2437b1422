// The list of all kinds of receivers.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "boost/asio/any_io_executor.hpp"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/receivers/receiver.h"

namespace segrid::receivers {

// What receivers need from outside.
struct Environment {
  boost::asio::any_io_executor io{};  // See pool::ThreadPool::io().
  base::Clock& clock;                 // Must outlive the receivers.
  std::string data_dir{};             // Relative paths are below it.
};

// The receiver of `source`, a valid configuration's.
// INVALID_ARGUMENT/UNKNOWN_RECEIVER: there is no such kind.
// Besides, the errors of file::FileReceiver and segment::SegmentReceiver; the
// texts name the source.
absl::StatusOr<std::unique_ptr<Receiver>> MakeReceiver(
    const config::Source& source, const Environment& environment);

}  // namespace segrid::receivers
