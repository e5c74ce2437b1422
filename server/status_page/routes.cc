#include "server/status_page/routes.h"

#include <string>
#include <string_view>
#include <utility>

#include "server/status_page/assets.h"

namespace segrid::status_page {
namespace {

void AddAsset(httpd::Router& router, std::string_view path,
              std::string_view type, std::string_view text) {
  router.Add(
      httpd::GetRoute(std::string(path), [type, text](const httpd::Request&) {
        httpd::Answer answer;
        answer.content_type = type;
        answer.body = std::string(text);
        answer.headers = {
            {"Content-Security-Policy",
             "default-src 'none'; style-src 'self'; script-src 'self'; "
             "connect-src 'self'; img-src data:; base-uri 'none'; "
             "form-action 'none'; frame-ancestors 'none'"},
            {"Cache-Control", "no-cache"},  // Another version has other ones.
            {"Referrer-Policy", "no-referrer"}};
        return answer;
      }));
}

}  // namespace

void AddRoutes(httpd::Router& router, Sources sources) {
  constexpr std::string_view kHtml = "text/html; charset=utf-8";
  AddAsset(router, "/", kHtml, kPageHtml);
  AddAsset(router, "/page.css", "text/css; charset=utf-8", kPageCss);
  AddAsset(router, "/page.js", "text/javascript; charset=utf-8", kPageJs);
  AddAsset(router, "/runbook", kHtml, kRunbookHtml);
  router.Add(httpd::GetRoute(
      "/status.json", [sources = std::move(sources)](const httpd::Request&) {
        httpd::Answer answer;
        answer.body = StatusJson(sources);
        return answer;
      }));
}

}  // namespace segrid::status_page
