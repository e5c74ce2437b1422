// User agents of programs that open and click like people: what
// `suspected_bot` goes by (mapping.md, 3.16). Never a filter.
//
// Sources: [cua] the collection monperrus/crawler-user-agents, whose pattern
// follows; else the program's own documentation. Left out on purpose: the image
// proxies of Gmail and Yahoo (GoogleImageProxy, YahooMailProxy), since they
// fetch when a person opens the mail.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace segrid::catalog {

enum class BotPlace : std::uint8_t { kAnywhere, kAtStart, kWhole };

struct BotRow {
  std::string_view text;  // ASCII; compared in any case of letters.
  BotPlace place;         // Where in the user agent it stands.
};

// clang-format off
inline constexpr auto kBots = std::to_array<BotRow>({
    // HTTP libraries and commands.
    {"curl/",                             BotPlace::kAtStart},   // [cua] ^curl
    {"wget/",                             BotPlace::kAtStart},   // [cua] [wW]get
    {"python-requests/",                  BotPlace::kAtStart},   // [cua] python-requests
    {"python-urllib/",                    BotPlace::kAtStart},   // [cua] Python-urllib
    {"python-httpx/",                     BotPlace::kAtStart},   // [cua] httpx
    {"aiohttp/",                          BotPlace::kAnywhere},  // [cua] aiohttp
    {"go-http-client/",                   BotPlace::kAnywhere},  // [cua] Go-http-client
    {"okhttp/",                           BotPlace::kAtStart},   // [cua] okhttp
    {"apache-httpclient/",                BotPlace::kAtStart},   // [cua] ^Apache-HttpClient
    {"jakarta commons-httpclient/",       BotPlace::kAnywhere},  // [cua] LinkedInBot's instance
    {"java/",                             BotPlace::kAtStart},   // java.net.HttpURLConnection: default `Java/<version>`
    {"java-http-client/",                 BotPlace::kAtStart},   // java.net.http.HttpClient: default `Java-http-client/<version>`
    {"axios/",                            BotPlace::kAtStart},   // [cua] axios
    {"node-fetch",                        BotPlace::kAtStart},   // [cua] node-fetch
    {"undici",                            BotPlace::kWhole},     // undici: default of fetch()
    {"node",                              BotPlace::kWhole},     // Node.js: default of its fetch()
    {"libwww-perl/",                      BotPlace::kAnywhere},  // [cua] libwww-perl
    {"php-curl-class/",                   BotPlace::kAtStart},   // [cua] ^PHP-Curl-Class
    {"guzzlehttp/",                       BotPlace::kAtStart},   // Guzzle: default `GuzzleHttp/<version>`
    {"ruby",                              BotPlace::kWhole},     // Net::HTTP: default `Ruby`
    {"faraday v",                         BotPlace::kAtStart},   // Faraday: default `Faraday v<version>`
    {"mechanize/",                        BotPlace::kAtStart},   // [cua] [mM]echanize
    {"restsharp/",                        BotPlace::kAtStart},   // RestSharp: default `RestSharp/<version>`
    {"postmanruntime/",                   BotPlace::kAtStart},   // Postman: default `PostmanRuntime/<version>`
    {"scrapy/",                           BotPlace::kAtStart},   // [cua] Scrapy
    {"windowspowershell/",                BotPlace::kAnywhere},  // Invoke-WebRequest of Windows PowerShell
    // Browsers that nobody looks at.
    {"headlesschrome/",                   BotPlace::kAnywhere},  // [cua] HeadlessChrome
    {"phantomjs/",                        BotPlace::kAnywhere},  // [cua] PhantomJS
    {"puppeteer",                         BotPlace::kAnywhere},  // [cua] Puppeteer
    {"playwright",                        BotPlace::kAnywhere},  // [cua] Playwright
    {"selenium",                          BotPlace::kAnywhere},  // [cua] Selenium
    // Prefetchers and previews of links.
    {"mozilla/5.0",                       BotPlace::kWhole},     // Apple's Mail Privacy Protection: all that its proxies say
    {"microsoft office existence discovery", BotPlace::kAnywhere},  // Microsoft's article 838028, on links in Office
    {"microsoft office protocol discovery",  BotPlace::kAnywhere},  // the same
    {"bingpreview/",                      BotPlace::kAnywhere},  // [cua] BingPreview\/
    {"skypeuripreview",                   BotPlace::kAnywhere},  // [cua] SkypeUriPreview
    {"yahoo link preview",                BotPlace::kAnywhere},  // [cua] Yahoo Link Preview
    {"slackbot",                          BotPlace::kAnywhere},  // [cua] Slackbot
    {"slack-imgproxy",                    BotPlace::kAnywhere},  // [cua] Slack-ImgProxy
    {"facebookexternalhit/",              BotPlace::kAnywhere},  // [cua] facebookexternalhit
    {"twitterbot/",                       BotPlace::kAnywhere},  // [cua] Twitterbot
    {"linkedinbot/",                      BotPlace::kAnywhere},  // [cua] LinkedInBot
    {"discordbot/",                       BotPlace::kAnywhere},  // [cua] Discordbot
    {"telegrambot",                       BotPlace::kAnywhere},  // [cua] TelegramBot
    {"whatsapp/",                         BotPlace::kAtStart},   // [cua] WhatsApp
    {"google-read-aloud",                 BotPlace::kAnywhere},  // [cua] Google-Read-Aloud
    {"googlebot",                         BotPlace::kAnywhere},  // [cua] Googlebot\/
    {"bingbot",                           BotPlace::kAnywhere},  // [cua] bingbot
    {"applebot",                          BotPlace::kAnywhere},  // [cua] Applebot
    // Scanners and link checkers.
    {"google-safety",                     BotPlace::kAnywhere},  // [cua] Google-Safety
    {"virustotal",                        BotPlace::kAnywhere},  // [cua] virustotal
    {"safesearch microdata crawler",      BotPlace::kAnywhere},  // [cua] SafeSearch microdata crawler (Avira)
    {"safednsbot",                        BotPlace::kAnywhere},  // [cua] SafeDNSBot
    {"cloudflareradarurlscanner",         BotPlace::kAnywhere},  // [cua] CloudflareRadarURLScanner
    {"censysinspect/",                    BotPlace::kAnywhere},  // [cua] CensysInspect\/
    {"expanse, a palo alto networks company", BotPlace::kAnywhere},  // [cua] Expanse
    {"w3c-checklink",                     BotPlace::kAnywhere},  // [cua] W3C-checklink
    {"w3c_validator",                     BotPlace::kAnywhere},  // [cua] W3C_Validator
    {"linkchecker",                       BotPlace::kAnywhere},  // [cua] LinkCheckerBot, deadlinkchecker, and LinkChecker itself
});
// clang-format on

namespace internal {

constexpr char AsciiLower(char c) {
  return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

constexpr bool IsLower(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return AsciiLower(c) == c; });
}

}  // namespace internal

static_assert(std::all_of(kBots.begin(), kBots.end(),
                          [](const BotRow& row) {
                            return !row.text.empty() &&
                                   internal::IsLower(row.text);
                          }),
              "kBots: texts are lower-case and not empty");

// True for a user agent that a row names.
constexpr bool IsBot(std::string_view user_agent) {
  const auto same = [](char c, char lower) {
    return internal::AsciiLower(c) == lower;
  };
  return std::any_of(kBots.begin(), kBots.end(), [&](const BotRow& row) {
    const auto found = std::search(user_agent.begin(), user_agent.end(),
                                   row.text.begin(), row.text.end(), same);
    if (found == user_agent.end()) return false;
    if (row.place == BotPlace::kAnywhere) return true;
    if (found != user_agent.begin()) return false;
    return row.place == BotPlace::kAtStart ||
           user_agent.size() == row.text.size();
  });
}

}  // namespace segrid::catalog
