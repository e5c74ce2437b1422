// A server in this process that transforms for real and whose other answers a
// test scripts.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "segrid/v1/admin.grpc.pb.h"
#include "tests/client/fake_server.h"

namespace segrid::tests {

// NOT_FOUND, UNKNOWN_SOURCE.
grpc::Status UnknownSource();

// Answers with what the test put there and keeps the last request.
class FakeAdmin final : public v1::AdminService::Service {
 public:
  v1::ListSourcesResponse sources;
  v1::GetStatusResponse status;
  // Pages of ListDeadLetters; the token of page n is its number.
  std::vector<v1::ListDeadLettersResponse> pages;
  std::vector<v1::ListDeadLettersRequest> listed;
  // The same of some sources; no page: the source is not known.
  std::map<std::string, std::vector<v1::ListDeadLettersResponse>> pages_of;
  v1::ReplayDeadLettersRequest replayed;
  v1::PurgeDeadLettersRequest purged;
  v1::DropSourceRequest dropped;
  std::int64_t replay_count = 3;
  std::int64_t purge_count = 4;
  std::string paused;
  std::string resumed;
  v1::ReloadConfigRequest reload_request;
  v1::ReloadConfigResponse reload_response;

 private:
  template <typename T>
  static grpc::Status Give(const T& from, T& to) {
    to = from;
    return grpc::Status::OK;
  }
  grpc::Status ListSources(grpc::ServerContext*, const v1::ListSourcesRequest*,
                           v1::ListSourcesResponse* response) override {
    return Give(sources, *response);
  }
  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                         v1::GetStatusResponse* response) override {
    return Give(status, *response);
  }
  grpc::Status PauseSource(grpc::ServerContext*,
                           const v1::PauseSourceRequest* request,
                           v1::PauseSourceResponse*) override {
    return Give(request->source(), paused);
  }
  grpc::Status ResumeSource(grpc::ServerContext*,
                            const v1::ResumeSourceRequest* request,
                            v1::ResumeSourceResponse*) override {
    return Give(request->source(), resumed);
  }
  grpc::Status ReloadConfig(grpc::ServerContext*,
                            const v1::ReloadConfigRequest* request,
                            v1::ReloadConfigResponse* response) override {
    reload_request = *request;
    return Give(reload_response, *response);
  }
  grpc::Status ListDeadLetters(grpc::ServerContext*,
                               const v1::ListDeadLettersRequest* request,
                               v1::ListDeadLettersResponse* response) override {
    listed.push_back(*request);
    const std::string& token = request->page_token();
    const std::size_t page = token.empty() ? 0 : std::stoul(token);
    const auto own = pages_of.find(request->filter().source());
    const auto& all = own == pages_of.end() ? pages : own->second;
    if (all.empty()) return UnknownSource();
    *response = all.at(page);
    if (page + 1 < all.size()) {
      response->set_next_page_token(std::to_string(page + 1));
    }
    return grpc::Status::OK;
  }
  grpc::Status ReplayDeadLetters(
      grpc::ServerContext*, const v1::ReplayDeadLettersRequest* request,
      v1::ReplayDeadLettersResponse* response) override {
    response->set_replayed_count(replay_count);
    return Give(*request, replayed);
  }
  grpc::Status PurgeDeadLetters(
      grpc::ServerContext*, const v1::PurgeDeadLettersRequest* request,
      v1::PurgeDeadLettersResponse* response) override {
    response->set_purged_count(purge_count);
    return Give(*request, purged);
  }
  grpc::Status DropSource(grpc::ServerContext*,
                          const v1::DropSourceRequest* request,
                          v1::DropSourceResponse* response) override {
    response->set_pending_count(1);
    response->set_dead_letter_count(2);
    return Give(*request, dropped);
  }
};

// Transforms as the server does, with the default settings; it knows no
// sources.
grpc::Status TransformForReal(const v1::TransformRequest& request,
                              v1::TransformResponse& response);

}  // namespace segrid::tests
