// What a request's head says, and whether it may go on.

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "boost/beast/http/empty_body.hpp"
#include "boost/beast/http/parser.hpp"
#include "server/http/message.h"
#include "server/http/options.h"
#include "server/http/router.h"

namespace segrid::httpd {

using HeadParser =
    boost::beast::http::request_parser<boost::beast::http::empty_body>;

struct RequestHead {
  Request request{};  // Views of the parser.
  const Route* route = nullptr;
  std::size_t headers = 0;        // How many.
  bool is_head = false;           // The answer goes without its body.
  bool has_body = false;          // One follows that is not read yet.
  bool is_authenticated = false;  // See Route::before_body.
  // Ends the request here. With `framing_is_unclear`, the connection, too.
  std::optional<Answer> refusal{};
  bool framing_is_unclear = false;
};

// Checks in this order: number of headers, version, Host, coding, path, method,
// what the route asks for, length.
//
// Thread safety: a function without state. Blocking: never.
RequestHead CheckHead(const HeadParser& parser, const Router& router,
                      const Options& options);

// The answer to what could not be read as a head.
Answer HeadRefusal(const boost::system::error_code& error,
                   std::string_view bytes);

// The answer to a body over the route's limit.
Answer BodyTooLarge();

}  // namespace segrid::httpd
