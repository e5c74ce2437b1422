// The list of all kinds of receivers.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/asio/any_io_executor.hpp"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/http/proxy_choice.h"
#include "core/receivers/receiver.h"
#include "core/receivers/warehouse/warehouse_receiver.h"

namespace segrid::receivers {

// All that receivers need from outside.
struct Environment {
  boost::asio::any_io_executor io{};  // See pool::ThreadPool::io().
  base::Clock& clock;                 // Must outlive the receivers.
  std::string data_dir{};             // Relative paths are below it.
  http::Variables variable{};         // For proxies. Null: none is set.
};

// How a source's Tracks get to their place.
struct Way {
  std::string url{};          // With the whole path; or the path of a file.
  bool in_the_clear = false;  // Plain http to another host.
  std::string proxy{};        // Its host and port. Empty: straight there.
  std::string variable{};     // Environment variable that names the proxy.
};

// The receiver of `source`, a valid configuration's.
// INVALID_ARGUMENT/UNKNOWN_RECEIVER: there is no such kind.
// Besides, the errors of WayOf(), file::FileReceiver and
// segment::SegmentReceiver; the texts name the source.
absl::StatusOr<std::unique_ptr<Receiver>> MakeReceiver(
    const config::Source& source, const Environment& environment);

// The way of a source, without going it. `variable` may be null.
// INVALID_ARGUMENT: UNKNOWN_RECEIVER, BAD_ENDPOINT, BAD_REGION, BAD_PROXY. The
// texts do not name the source.
absl::StatusOr<Way> WayOf(const config::Source& source,
                          const http::Variables& variable);

// Something that is missing or wrong in a warehouse's database, in a sentence.
struct WarehouseProblem {
  std::string text{};
  bool is_mended = false;  // The server makes it.
};

// Connects to the database of a `warehouse` source and looks; changes nothing.
// Blocking: waits for the database, within the source's connect_timeout for
// each of its hosts.
std::vector<WarehouseProblem> FindWarehouseProblems(
    const config::Source& source, const std::string& data_dir);

// The options of a `warehouse` source, also for those who only look.
warehouse::WarehouseOptions WarehouseOptionsOf(const config::Source& source,
                                               const std::string& data_dir);

}  // namespace segrid::receivers
