// The configuration as plain typed options. Defaults stand here; config::Load
// (load.h) lays the file over them and checks everything, so code that gets a
// Config need not.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/base/secret.h"

namespace segrid::config {

// A certificate with its key and, for mTLS, the authorities of the clients.
struct Tls {
  std::string cert;       // PEM file. Empty: no TLS.
  std::string key;        // PEM file; required with `cert`.
  std::string client_ca;  // PEM file. Empty: clients need no certificate.
  // Names of certificates (DNS, URI, IP). Empty: any client of `client_ca`.
  std::vector<std::string> allowed_sans;

  friend bool operator==(const Tls&, const Tls&) = default;
};

// Who may connect to the listener's Unix sockets.
struct UnixFile {
  std::string mode;   // Octal: "0660". Empty: what the umask leaves.
  std::string group;  // Its name or number. Empty: the process's.

  friend bool operator==(const UnixFile&, const UnixFile&) = default;
};

// Whether a value was left at its default. It only says where a value comes
// from, so it never makes two configurations differ.
struct IsDefault {
  bool value = true;

  friend bool operator==(IsDefault, IsDefault) { return true; }
};

// A bearer token, known by its hash.
struct Token {
  std::string sha256;              // Lower-case hex of the token's SHA-256.
  std::vector<std::string> roles;  // transform, forward, admin.

  friend bool operator==(const Token&, const Token&) = default;
};

// A process of this host that may call over a Unix socket, told by the kernel.
struct UnixPeer {
  std::int32_t uid = -1;           // The user it runs as; -1: see gid.
  std::int32_t gid = -1;           // A group that it is in; -1: see uid.
  std::vector<std::string> roles;  // transform, forward, admin.

  friend bool operator==(const UnixPeer&, const UnixPeer&) = default;
};

struct Grpc {
  std::vector<std::string> listen = {
      "127.0.0.1:50051"};            // host:port, unix:path
  bool allow_insecure_bind = false;  // Beyond loopback without mTLS.
  UnixFile unix_file;
  Tls tls;
  std::vector<Token> tokens;  // Empty: no call needs a token.
  // Who may connect to Unix sockets, besides root and this process's user.
  std::vector<UnixPeer> unix_peers;
  std::int64_t max_message_bytes = 4 << 20;  // 1 KiB to 64 MiB.
  std::int32_t max_events = 10'000;          // Per request; 1 to 1,000,000.
  // Of requests that are being worked on; 1 MiB to 1 TiB.
  std::int64_t max_bytes_in_flight = 256 << 20;
  // Forwards that wait for their delivery; 1 to 100,000.
  std::int32_t max_waiting_calls = 1'000;
  std::int32_t max_connections = 2'500;           // 1 to 1,000,000.
  std::int32_t max_connections_per_peer = 1'500;  // 1 to 1,000,000.
  // TLS connections whose handshake is not done; 1 to 100,000.
  std::int32_t max_handshakes = 256;
  std::int32_t max_handshakes_per_peer = 32;
  std::int32_t max_concurrent_streams = 1'000;  // Per connection; to 100,000.
  std::int64_t max_metadata_bytes = 16 << 10;   // 1 KiB to 1 MiB.
  // TLS and the first frames; 100 ms to 10 min.
  absl::Duration handshake_timeout = absl::Seconds(4);
  // A connection is closed, gracefully, when it was idle or open for so long;
  // its calls get the grace. 1 s to 720 h each.
  absl::Duration max_connection_idle = absl::Minutes(30);
  absl::Duration max_connection_age = absl::Hours(1);
  absl::Duration max_connection_age_grace = absl::Minutes(10);
  // After how much silence the server asks whether the client still lives, how
  // long it waits for the answer, and how often a client may ask the server.
  // 1 s to 24 h each.
  absl::Duration keepalive_time = absl::Seconds(60);
  absl::Duration keepalive_timeout = absl::Seconds(20);
  absl::Duration min_ping_interval = absl::Seconds(10);

  friend bool operator==(const Grpc&, const Grpc&) = default;
};

// The listener for webhooks, and /livez and /readyz.
struct Http {
  std::vector<std::string> listen = {"127.0.0.1:8080"};  // Empty: none.
  // True: nobody asked for `listen`, so the server starts also where the
  // address is taken.
  IsDefault listen_is_default;
  // Beyond loopback without TLS, with webhooks that ask for a token or a
  // password but for no signature.
  bool allow_insecure_bind = false;
  UnixFile unix_file;
  Tls tls;
  // Host headers that an unsigned webhook takes, besides loopback names and
  // addresses.
  std::vector<std::string> allowed_hosts;
  // Addresses and networks (10.0.0.0/8) of proxies. What comes through them
  // counts as no peer's.
  std::vector<std::string> trusted_proxies;
  // True: connections of trusted proxies begin with a PROXY protocol header.
  bool proxy_protocol = false;
  std::int64_t max_body_bytes = 4 << 20;         // 1 KiB to 64 MiB.
  std::int64_t max_bytes_in_flight = 256 << 20;  // 1 MiB to 1 TiB.
  // Bytes per second that a body must bring once it has had the grace.
  // 0 to 1 GiB, 0: none; 100 ms to 10 min.
  std::int64_t min_body_rate = 1 << 10;
  absl::Duration min_body_rate_grace = absl::Seconds(5);
  std::int32_t max_connections = 2'500;              // 4 to 1,000,000.
  std::int32_t max_connections_per_peer = 1'500;     // 1 to 1,000,000.
  std::int32_t max_handshakes = 256;                 // 1 to 100,000.
  std::int32_t max_handshakes_per_peer = 32;         // 1 to 100,000.
  std::int64_t max_header_bytes = 16 << 10;          // 1 KiB to 1 MiB.
  std::int32_t max_headers = 64;                     // 1 to 1,000.
  absl::Duration header_timeout = absl::Seconds(5);  // 100 ms to 10 min,
  absl::Duration body_timeout = absl::Seconds(30);   // all three.
  absl::Duration idle_timeout = absl::Seconds(75);
  absl::Duration max_connection_age = absl::Hours(1);  // 1 s to 720 h.

  friend bool operator==(const Http&, const Http&) = default;
};

// The listener for operators: /metrics, the status page, /livez and /readyz.
struct Admin {
  std::vector<std::string> listen = {"127.0.0.1:8081"};  // Empty: none.
  IsDefault listen_is_default;                           // As of Http.
  bool allow_insecure_bind = false;                      // Beyond loopback.
  UnixFile unix_file;
  // Host headers that are taken besides loopback names and addresses.
  std::vector<std::string> allowed_hosts;

  friend bool operator==(const Admin&, const Admin&) = default;
};

// JSON Web Tokens that a webhook takes in `Authorization: Bearer`, as SendGrid
// sends them when OAuth is set up. All of it must fit.
struct Jwt {
  std::string issuer;                    // `iss`. Empty: no tokens are taken.
  std::string audience;                  // `aud`, or one of them.
  std::vector<std::string> public_keys;  // PEM: RSA (RS256), P-256 (ES256).
  std::string jwks_file;                 // A JWK set. Read at start and reload.
  std::string jwks_url;  // https://…; fetched in the background.
  absl::Duration jwks_interval = absl::Minutes(10);  // 10 s to 24 h.
  absl::Duration leeway = absl::Seconds(60);         // Of clocks; 0 to 10 min.

  friend bool operator==(const Jwt&, const Jwt&) = default;
};

// One webhook of SendGrid's: POST /v1/webhook/<name>.
struct Webhook {
  std::string name = "default";  // As of a source; unique.
  // Of its signatures, base64 DER or PEM. Empty: unsigned.
  std::vector<std::string> public_keys;
  // How far back the signed time may be; 0 to 720 h; 0: neither this nor the
  // future is looked at. Where the file gives only a shorter dedup_window, this
  // is as short, because a replay is harmless as long as its ids are known.
  absl::Duration replay_window = absl::Hours(26);
  std::vector<std::string> sources;  // Names. Empty: all.
  // SHA-256, in hex, of bearer tokens and of `user:password` pairs, and JSON
  // Web Tokens. When there is any, a request must have one of them, too.
  std::vector<std::string> bearer_sha256;
  std::vector<std::string> basic_sha256;
  Jwt jwt;

  // Whether each request must have a token or a password.
  bool AsksForAuthorization() const {
    return !bearer_sha256.empty() || !basic_sha256.empty() ||
           !jwt.issuer.empty();
  }
  // Whether a request shows in any way that it comes from SendGrid.
  bool Authenticates() const {
    return !public_keys.empty() || AsksForAuthorization();
  }

  friend bool operator==(const Webhook&, const Webhook&) = default;
};

// Whether other hosts may reach the webhook: its requests show where they come
// from, and no secret of theirs crosses the network in the clear, or a proxy
// sees to that.
inline bool MayBeReached(const Http& http, const Webhook& webhook) {
  return !webhook.public_keys.empty() ||
         (webhook.AsksForAuthorization() &&
          (!http.tls.cert.empty() || http.allow_insecure_bind));
}

struct Queue {
  enum class Store { kEmbedded, kMemory };
  Store store = Store::kEmbedded;
  // Of pending Tracks and dead letters; 1 MiB to 1024 TiB. In all, per source.
  std::int64_t max_bytes = std::int64_t{10} << 30;
  std::int64_t max_source_bytes = std::int64_t{10} << 30;
  // Dead letters of a source; the oldest go first. 1 MiB to 1 TiB, 1 min to
  // 8,760 h.
  std::int64_t max_dead_letter_bytes = std::int64_t{256} << 20;
  absl::Duration max_dead_letter_age = absl::Hours(720);
  // Disk space that is kept back; with less than that free besides, nothing is
  // accepted. 0 to 1 TiB.
  std::int64_t reserve_bytes = std::int64_t{64} << 20;
  absl::Duration dedup_window = absl::Hours(26);  // 1 min to 720 h.
  std::int64_t dedup_memory_bytes = 256 << 20;    // 1 MiB to 64 GiB.

  friend bool operator==(const Queue&, const Queue&) = default;
};

// Which custom arguments become properties.
struct CustomArgs {
  enum class Mode { kNone, kAll, kNamed, kMapped };
  Mode mode = Mode::kNone;
  std::vector<std::string> names;                 // kNamed only.
  std::map<std::string, std::string> properties;  // kMapped: by argument.

  friend bool operator==(const CustomArgs&, const CustomArgs&) = default;
};

enum class EmailHash { kNormalized, kAsReceived };

// One map of conditions of `only` or `not`: fits an event that fits all. A
// condition is a list of values, of which the event must have one.
struct Route {
  using Values = std::vector<std::string>;
  std::map<std::string, Values> fields;  // By key; `pool` means its name.
  std::map<std::string, Values> custom_args;

  friend bool operator==(const Route&, const Route&) = default;
};

// What becomes of a person's data: keep | omit, and for `ip` truncate.
struct Personal {
  std::string email = "keep";
  std::string ip = "keep";
  std::string user_agent = "keep";
  std::string link_query = "keep";

  friend bool operator==(const Personal&, const Personal&) = default;
};

// A header of a source's requests.
struct Header {
  std::string name;    // No header that the server makes itself.
  base::Secret value;  // Visible ASCII and blanks.

  friend bool operator==(const Header&, const Header&) = default;
};

// Segment's OAuth 2.0: requests carry a token, which a signed assertion gets.
struct OAuth {
  std::string client_id;       // Empty: Basic authentication.
  std::string key_id;          // Required with `client_id`.
  base::Secret key;            // PEM of an RSA key; required with `client_id`.
  std::string token_endpoint;  // Base URL. Empty: that of the region.

  friend bool operator==(const OAuth&, const OAuth&) = default;
};

// One Segment source: which events, which form, and where to.
struct Source {
  // ^[A-Za-z][A-Za-z0-9_-]{0,62}$, unique also without regard to case and
  // among the `was` of all sources; LaneOf() has a unique TagOf().
  std::string name;
  // Its names before, the first one first: see LaneOf(). At most 16.
  std::vector<std::string> was;
  std::string label;          // Free text for people, one line. Empty: none.
  base::Secret write_key;     // Receivers `file` and `http` have none.
  std::string region = "us";  // us | eu; empty if there is an endpoint.
  std::string endpoint;       // https://host[:port][/path]; instead of region.
  std::string receiver = "segment";
  std::string path;  // Receiver `file`: where the Tracks go, below data_dir.
  OAuth oauth;       // Receiver `segment`.

  std::vector<std::string> events;       // Filter names. Empty: the defaults.
  std::vector<std::string> email_types;  // Empty: all.
  EmailHash email_hash = EmailHash::kNormalized;
  std::vector<std::string> email_subject_from = {"subject", "email_subject"};
  std::vector<std::string> extra_properties;  // SendGrid's keys.
  CustomArgs custom_args;
  std::string custom_args_prefix;  // Before names that `all` or a list gives.
  std::string user_id_from;        // A custom argument. Empty: no userId.
  bool spec_context = false;
  std::vector<Route> only;    // An event must fit one of them. Empty: any.
  std::vector<Route> except;  // `not`: what fits one of them is skipped.
  Personal personal;

  bool gzip = true;
  absl::Duration max_age = absl::Hours(20);  // 1 s to 720 h.
  // Events expire also while an operator has paused the source.
  bool expire_while_paused = false;
  double requests_per_second = 50;  // 0.1 to 10,000.
  double events_per_second = 0;     // To 1,000,000; 0: any number.
  std::int32_t max_in_flight = 4;   // Requests; 1 to 64.
  std::string ca_file;              // PEM, besides the system's.
  std::string client_cert;  // PEM file, shown to the endpoint. Empty: none.
  std::string client_key;   // PEM file; required with `client_cert`.
  bool allow_http = false;  // Endpoints without TLS.
  // http://host:port, or `none`. Empty: that of the process's environment.
  std::string proxy;
  base::Secret proxy_auth;  // user:password. Empty: none.
  // Receiver `segment`: ask Segment at the start whether it knows the write
  // key, and where to ask. Empty: cdn.segment.com.
  bool check_write_key = false;
  std::string settings_endpoint;
  absl::Duration connect_timeout = absl::Seconds(5);   // 100 ms to 5 min.
  absl::Duration request_timeout = absl::Seconds(15);  // 100 ms to 5 min.

  // Receiver `http`: the form of a body (array | lines | batch), what each
  // request carries, and bounds of a batch before compression.
  std::string format = "array";
  std::vector<Header> headers;
  base::Secret signing_secret;  // Of Standard Webhooks. Empty: unsigned.
  std::int32_t max_batch_messages = 500;     // 1 to 10,000.
  std::int64_t max_batch_bytes = 512 << 10;  // 32 KiB to 16 MiB.

  // Receiver `file`: when a new file begins, and how many old ones are kept.
  std::int64_t rotate_bytes = std::int64_t{1} << 30;  // To 1 PiB; 0: never.
  absl::Duration rotate_age = absl::Hours(24);        // To 8784 h; 0: never.
  std::int32_t rotate_keep = 30;                      // To 10,000; 0: all.

  // Receiver `warehouse`.
  std::string database;  // sqlite:<path below data_dir> | postgresql://…
  base::Secret database_password;  // PostgreSQL. Empty: libpq's own ways.
  std::string schema;              // PostgreSQL. Empty: SchemaOf(LaneOf()).
  bool create_tables = true;
  absl::Duration keep = absl::ZeroDuration();  // To 36,500 d; 0: for ever.
  std::int32_t max_columns = 400;              // Of a table; 50 to 1,600.

  friend bool operator==(const Source&, const Source&) = default;
};

// The lane of the queue in which a source's messages are: its first name. Its
// message ids and what is remembered of them stay those of this name, so that a
// renamed source sends nothing twice.
inline const std::string& LaneOf(const Source& source) {
  return source.was.empty() ? source.name : source.was.front();
}

struct Logging {
  std::string level = "info";   // debug | info | warning | error
  std::string format = "json";  // json | text

  friend bool operator==(const Logging&, const Logging&) = default;
};

struct Drain {
  absl::Duration delay = absl::ZeroDuration();  // 0 to 1 h.
  absl::Duration grace = absl::Seconds(20);     // 0 to 1 h.

  friend bool operator==(const Drain&, const Drain&) = default;
};

// When files are looked at for changes, besides on SIGHUP.
struct Reload {
  absl::Duration interval = absl::Seconds(10);  // 0 to 24 h; 0: never.

  friend bool operator==(const Reload&, const Reload&) = default;
};

// The whole configuration.
struct Config {
  std::string data_dir = "./segrid-data";
  // The bytes of requests in progress, of all listeners together; 1 MiB to 1
  // TiB. More than one listener may have and less than both, so that neither
  // starves the other.
  std::int64_t max_bytes_in_flight = 384 << 20;
  Grpc grpc;
  Http http;
  Admin admin;
  std::vector<Webhook> webhooks = {Webhook()};
  Queue queue;
  std::vector<Source> sources;
  Logging logging;
  Drain drain;
  Reload reload;

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace segrid::config
