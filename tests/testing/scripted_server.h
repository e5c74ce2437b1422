// An HTTPS server whose answers the test writes, on a port of its own.

#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/context.hpp"
#include "tests/client/scratch_dir.h"

namespace segrid::testing {

// What arrived.
struct Seen {
  int connection = 0;         // From 1, in the order of their coming.
  std::string server_name{};  // SNI.
  std::string method{};
  std::string target{};
  std::map<std::string, std::string> headers{};  // Names in lower case.
  std::string body{};

  std::string Header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

// Bytes that the server writes as they are. Over TLS each record is one, and
// the records of one write leave in one TCP segment, as far as they fit.
struct RawWrite {
  std::vector<std::string> records{};
  std::string below_tls{};         // Behind them, past the encryption.
  std::function<void()> before{};  // Runs before they are written, may wait.
  std::function<void()> after{};   // Runs when they are sent, or failed.
};

// A response. Without a body it ends with its head.
std::string RawResponse(int status, const std::string& body = "{}",
                        const std::string& header_lines = "");

// What goes back.
struct Reply {
  enum class Kind {
    kAnswer,
    kRaw,      // `writes`, then the next request is read if keep_alive.
    kClose,    // The connection, without a byte.
    kPartial,  // The head and half of the body.
    kGarbage,  // Something that is not HTTP.
    kHang,     // Nothing until the server ends.
  };
  Kind kind = Kind::kAnswer;
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body = R"({"success":true})";
  bool keep_alive = true;
  std::vector<RawWrite> writes{};
};

struct ServerOptions {
  bool tls = true;
  std::string certificate_name = "localhost";  // Besides 127.0.0.1.
  std::string client_ca{};  // PEM. Not empty: clients need a certificate.
};

// Ownership:     `script` is called until the destructor, for one request at a
//                time. The destructor ends all connections.
// Thread safety: any thread.
class ScriptedServer {
 public:
  using Script = std::function<Reply(const Seen&)>;

  explicit ScriptedServer(
      Script script = [](const Seen&) { return Reply(); },
      ServerOptions options = {});
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url(const std::string& host = "localhost") const;
  // PEM file of the authority that signed the certificate.
  std::string ca_file() const { return scratch_.Path("ca.pem"); }

  std::vector<Seen> seen();
  // Connections that were accepted, and those of them that shook hands.
  int accepted() const { return accepted_; }
  int shaken() const { return shaken_; }
  // Ends the connections that are open now.
  void CloseConnections();

 private:
  void Accept();
  void Serve(boost::asio::ip::tcp::socket socket, int number);
  template <typename Stream>
  void Talk(Stream& stream, Seen seen);
  template <typename Stream>
  bool Answer(Stream& stream, const Reply& reply);
  template <typename Stream>
  bool WriteRaw(Stream& stream, const Reply& reply);

  const tests::ScratchDir scratch_;
  const ServerOptions options_;
  boost::asio::io_context io_;
  boost::asio::ssl::context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<int> accepted_ = 0;
  std::atomic<int> shaken_ = 0;
  absl::Notification stopping_;

  absl::Mutex mu_;
  Script script_ ABSL_GUARDED_BY(mu_);
  std::vector<Seen> seen_ ABSL_GUARDED_BY(mu_);
  std::map<int, int> descriptors_ ABSL_GUARDED_BY(mu_);  // By connection.
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mu_);

  std::thread acceptor_thread_;
};

}  // namespace segrid::testing
