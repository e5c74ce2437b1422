// A body of which no more than a limit is kept, for Beast's parser.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "boost/asio/buffer.hpp"
#include "boost/beast/core/buffers_range.hpp"
#include "boost/beast/http/message.hpp"
#include "boost/optional/optional.hpp"
#include "boost/system/error_code.hpp"

namespace segrid::http {

// Beast's own string body refuses a long one as soon as its length is
// announced, and with it the beginning, which says why a request was refused;
// it also allocates whatever length is announced. Meets Beast's requirements of
// a Body that is read.
struct CutBody {
  struct value_type {
    std::string text{};       // The first `max_bytes`.
    std::uint64_t bytes = 0;  // Read so far.
    std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
  };

  class reader {
   public:
    template <bool isRequest, class Fields>
    reader(boost::beast::http::header<isRequest, Fields>& /*header*/,
           value_type& body)
        : body_(body) {}

    void init(const boost::optional<std::uint64_t>& /*length*/,
              boost::system::error_code& error) {
      error = {};
    }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      error = {};
      std::size_t taken = 0;
      for (const boost::asio::const_buffer buffer :
           boost::beast::buffers_range_ref(buffers)) {
        Add({static_cast<const char*>(buffer.data()), buffer.size()});
        taken += buffer.size();
      }
      return taken;
    }

    void finish(boost::system::error_code& error) { error = {}; }

   private:
    void Add(std::string_view part) {
      body_.bytes += part.size();
      const std::uint64_t room = body_.max_bytes - body_.text.size();
      body_.text += part.substr(0, static_cast<std::size_t>(room));
    }

    value_type& body_;
  };
};

}  // namespace segrid::http
