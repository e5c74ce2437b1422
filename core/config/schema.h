// Every key of the configuration, its type, bounds and rules, once: `Rows`
// visits the keys of a section with whatever Fields it gets, a reader or a
// writer. Adding a key is a member in config.h and a line here.

#pragma once

#include <string>

#include "core/config/config.h"
#include "core/config/fields.h"

namespace segrid::config {

inline constexpr std::size_t kMaxSources = 1'000;
inline constexpr std::size_t kMaxTokens = 100;
inline constexpr std::size_t kMaxUnixPeers = 100;
inline constexpr std::size_t kMaxWebhooks = 100;

void Rows(Fields& fields, Config& config);
void Rows(Fields& fields, Grpc& grpc);
void Rows(Fields& fields, Tls& tls);
void Rows(Fields& fields, Token& token);
void Rows(Fields& fields, UnixPeer& peer);
void Rows(Fields& fields, Http& http);
void Rows(Fields& fields, Admin& admin);
void Rows(Fields& fields, Webhook& webhook);
void Rows(Fields& fields, Jwt& jwt);
void Rows(Fields& fields, Queue& queue);
void Rows(Fields& fields, Source& source);
void Rows(Fields& fields, Route& route);
void Rows(Fields& fields, Personal& personal);
void Rows(Fields& fields, OAuth& oauth);
void Rows(Fields& fields, Header& header);
void Rows(Fields& fields, Logging& logging);
void Rows(Fields& fields, Drain& drain);
void Rows(Fields& fields, Reload& reload);

// The keys `unix_mode` and `unix_group` of a listener.
void UnixRows(Fields& fields, UnixFile& file);

// The keys of a source that say where its Tracks go, and what must hold between
// them.
void DeliveryRows(Fields& fields, Source& source);
void CheckDelivery(Fields& fields, Source& source);

// Conditions between the listeners and the rest.
void CheckListeners(Fields& fields, const Config& config);

// Says what is wrong with the name of a source or webhook, or "".
std::string CheckName(const std::string& name);

// Says what is wrong with the hex of a SHA-256, or "".
std::string CheckHash(const std::string& value);

// Says what is wrong with a value that must be one of `words`, or "".
std::string CheckOneOf(const std::string& value, Fields::Words words);

// Puts the names that an empty `events` or `email_types` stands for.
void SpellOutSelection(Source& source);

}  // namespace segrid::config
