// Made-up SendGrid events that look like a day's traffic.

#pragma once

#include <cstdint>
#include <string>

#include "bench/load/random.h"
#include "segrid/v1/sendgrid_event.pb.h"

namespace segrid::bench {

// Gives events of all types of the definition, and deferred, in the shares of a
// mailing: a third opens, a fifth processed and delivered each, some clicks,
// few of the others; Single Sends, automations and transactional mail. The same
// seed gives the same events on every machine. Thread safety: none.
class EventGenerator {
 public:
  explicit EventGenerator(std::uint64_t seed) : random_(seed) {}

  segrid::v1::SendGridEvent Next();

 private:
  void AddIdentity(segrid::v1::SendGridEvent& event);
  void AddMailing(segrid::v1::SendGridEvent& event);
  void AddTemplate(segrid::v1::SendGridEvent& event);
  void AddDetails(segrid::v1::SendGridEvent& event);
  void AddVisit(segrid::v1::SendGridEvent& event);
  std::string Uuid();
  std::string IpAddress();

  Random random_;
  std::int64_t time_ = 1'788'307'200;  // Seconds; moves on with the events.
};

}  // namespace segrid::bench
