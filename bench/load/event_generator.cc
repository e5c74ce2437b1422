#include "bench/load/event_generator.h"

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace segrid::bench {
namespace {

using segrid::v1::SendGridEvent;
using Names = std::array<const char*, 8>;

struct Share {
  const char* event;
  std::size_t permille;
};
constexpr std::array<Share, 11> kShares = {{
    {"open", 330},
    {"processed", 220},
    {"delivered", 220},
    {"click", 80},
    {"deferred", 40},
    {"bounce", 35},
    {"dropped", 20},
    {"group_unsubscribe", 15},
    {"unsubscribe", 15},
    {"spamreport", 15},
    {"group_resubscribe", 10},
}};

constexpr Names kFirst = {"ada",  "Grace", "linus", "rosa",
                          "olga", "kwame", "chloe", "bjarne"};
constexpr Names kLast = {"meyer", "rossi", "tanaka", "khan",
                         "diaz",  "webb",  "petrov", "nair"};
constexpr Names kDomains = {"example.com",      "mail.example.org",
                            "corp.example.net", "example.org",
                            "web.example.com",  "inbox.example.net",
                            "example.net",      "post.example.org"};
constexpr Names kMailings = {
    "Weekly Digest #118",    "Black Friday – early access",
    "Product update \"v4\"", "Café & Thé newsletter",
    "Spring Launch 2026",    "Welcome series",
    "Abandoned cart",        "Onboarding – day 1/3/7"};
constexpr Names kCategories = {"digest",  "weekly", "promo",    "newsletter",
                               "product", "drip",   "receipts", "eu"};
constexpr Names kReasons = {
    "550 5.1.1 The email account that you tried to reach does not exist. "
    "Please try double-checking the recipient's email address for typos or "
    "unnecessary spaces.",
    "500 unknown recipient",
    "Bounced Address",
    "Spam Reporting Address",
    "554 5.7.1 Message blocked due to \"spam\" content",
    "Unsubscribed Address",
    "452 4.2.2 The email account that you tried to reach is over quota.",
    "Invalid"};
constexpr std::array<const char*, 4> kAgents = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) "
    "AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.4 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com "
    "GoogleImageProxy)"};

const char* PickEvent(Random& random) {
  std::size_t draw = random.Below(1000);
  for (const Share& share : kShares) {
    if (draw < share.permille) return share.event;
    draw -= share.permille;
  }
  return "open";
}

const char* Name(Random& random, const Names& names) {
  return names[random.Below(names.size())];
}

// The elements of a braced list are made from left to right; those of a call
// in an order that each compiler chooses, and then so would be the draws.
std::string Joined(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

std::string Number(Random& random, std::size_t bound, std::size_t first = 0) {
  return absl::StrCat(first + random.Below(bound));
}

bool IsVisit(std::string_view event) {
  return event == "open" || event == "click" || event == "unsubscribe" ||
         event.starts_with("group_");
}

}  // namespace

SendGridEvent EventGenerator::Next() {
  SendGridEvent event;
  event.set_event(PickEvent(random_));
  time_ += static_cast<std::int64_t>(random_.Below(3));
  event.set_timestamp(time_);
  AddIdentity(event);
  AddMailing(event);
  AddDetails(event);
  if (IsVisit(event.event())) AddVisit(event);
  return event;
}

void EventGenerator::AddIdentity(SendGridEvent& event) {
  event.set_email(
      Joined({Name(random_, kFirst), ".", Name(random_, kLast),
              Number(random_, 1000), "@", Name(random_, kDomains)}));
  event.set_sg_event_id(random_.Text(22, kUrlSafe));
  const std::string message = random_.Text(22, kUrlSafe);
  event.set_sg_message_id(Joined(
      {message, ".filterdrecv-", random_.Text(10, kHexDigits), "-",
       random_.Text(4, kHexDigits), "-1-", random_.Text(8, "0123456789ABCDEF"),
       "-", Number(random_, 100), ".0"}));
  const std::string_view name = event.event();
  if (name == "processed" || name == "delivered" || name == "deferred" ||
      name == "bounce" || name == "dropped") {
    event.set_smtp_id(
        absl::StrCat("<", message, "@geopod-ismtpd-", random_.Below(90), ">"));
  }
}

void EventGenerator::AddMailing(SendGridEvent& event) {
  event.add_category(Name(random_, kCategories));
  if (random_.Chance(40)) event.add_category(Name(random_, kCategories));
  const std::size_t kind = random_.Below(100);
  if (kind >= 84) {  // Transactional: custom arguments.
    event.set_template_id(absl::StrCat("d-", random_.Text(32, kHexDigits)));
    auto& arguments = *event.mutable_custom_args();
    arguments["subject"] = "Your receipt from Acme";
    arguments["order_id"] = absl::StrCat(random_.Below(1'000'000));
    arguments["user_id"] = Uuid();
    return;
  }
  AddTemplate(event);
  event.set_asm_group_id(14'230 + static_cast<std::int64_t>(random_.Below(10)));
  if (kind < 60) {
    event.set_mc_stats("singlesend");
    event.set_phase_id(random_.Chance(5) ? "test" : "send");
    event.set_singlesend_id(Uuid());
    event.set_singlesend_name(Name(random_, kMailings));
    event.set_sg_template_name("Version 2026-02-14T07:46:44.368Z");
    event.set_send_at(absl::StrCat(time_ / 3600 * 3600));
    return;
  }
  event.set_mc_stats("automation");
  event.set_mc_auto_id(Uuid());
  event.set_mc_auto_name(Name(random_, kMailings));
  event.set_mc_auto_step_id(Uuid());
}

void EventGenerator::AddTemplate(SendGridEvent& event) {
  const std::string id = absl::StrCat("d-", random_.Text(32, kHexDigits));
  event.set_template_id(id);
  event.set_sg_template_id(id);
  event.set_template_hash(random_.Text(64, kHexDigits));
  event.set_template_version_id(Uuid());
}

void EventGenerator::AddDetails(SendGridEvent& event) {
  const std::string_view name = event.event();
  if (name == "processed" && random_.Chance(30)) {
    event.mutable_pool()->set_name("marketing-pool-a");
    event.mutable_pool()->set_id("210");
  } else if (name == "delivered") {
    event.set_ip(IpAddress());
    event.set_tls(true);
    event.set_response(absl::StrCat("250 2.0.0 OK ", time_, " ",
                                    random_.Text(16, kHexDigits), " - gsmtp"));
  } else if (name == "deferred") {
    event.set_attempt(1 + static_cast<std::int64_t>(random_.Below(8)));
    event.set_response(
        "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail.");
  } else if (name == "bounce") {
    event.set_tls(true);
    event.set_type(random_.Chance(20) ? "blocked" : "bounce");
    event.set_status("5.1.1");
    event.set_reason(Name(random_, kReasons));
    event.set_bounce_classification("Invalid Address");
  } else if (name == "dropped") {
    event.set_status("5.0.0");
    event.set_reason(Name(random_, kReasons));
  }
}

void EventGenerator::AddVisit(SendGridEvent& event) {
  event.set_ip(IpAddress());
  event.set_useragent(kAgents[random_.Below(kAgents.size())]);
  event.set_sg_content_type("html");
  if (event.event() == "open") {
    event.set_sg_machine_open(random_.Chance(30));
  } else if (event.event() == "click") {
    event.set_url(Joined({"https://www.example.com/p/", Number(random_, 10'000),
                          "?utm_source=sendgrid&utm_medium=email&utm_campaign=",
                          random_.Text(8, kHexDigits)}));
    event.mutable_url_offset()->set_index(
        static_cast<std::int64_t>(random_.Below(8)));
    event.mutable_url_offset()->set_type("html");
  }
}

std::string EventGenerator::Uuid() {
  return Joined({random_.Text(8, kHexDigits), "-", random_.Text(4, kHexDigits),
                 "-", random_.Text(4, kHexDigits), "-",
                 random_.Text(4, kHexDigits), "-",
                 random_.Text(12, kHexDigits)});
}

std::string EventGenerator::IpAddress() {
  return Joined({Number(random_, 220, 1), ".", Number(random_, 256), ".",
                 Number(random_, 256), ".", Number(random_, 254, 1)});
}

}  // namespace segrid::bench
