// The Tracks of a batch, one at a time.

#pragma once

#include <cstddef>
#include <string_view>

namespace segrid::cli {

// Cuts `{"batch":[…]}`, compact as our writer makes it, into its elements
// without parsing them. Views into the batch, which must outlive them.
class BatchTracks {
 public:
  explicit BatchTracks(std::string_view batch_json);

  // Gives the next Track; false at the end and when the batch is not of that
  // form: see AtEnd().
  bool Next(std::string_view& track);

  // True when everything was given and the batch ended as it should.
  bool AtEnd() const;

 private:
  std::string_view rest_;
};

}  // namespace segrid::cli
