// Calls every method of the API once. docs/api.md shows the parts between
// `// sample:` and `// end`.
//
//   api_samples SERVER     // a host:port
//
// The server has a source `default`, a source `slow` with two dead letters, and
// events of a source `old` that it no longer has.

// sample: setup
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "client/client.h"
#include "segrid/v1/admin.grpc.pb.h"

using AdminStub = segrid::v1::AdminService::Stub;

const std::string kBody =
    R"([{"event":"open","email":"ada@example.com","timestamp":1591726752}])";

// Each call needs a context of its own.
std::unique_ptr<grpc::ClientContext> TenSeconds() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::seconds(10));
  return context;
}

void Check(const grpc::Status& status) {
  if (!status.ok()) std::cout << status.error_message() << "\n";
}
// end

namespace {

void Transform(const segrid::Client& client) {
  // sample: BridgeService.Transform
  const auto response = client.Transform(kBody);
  if (!response.ok()) {
    std::cout << response.error() << "\n";
    return;
  }
  for (const segrid::v1::Track& track : response->tracks()) {
    std::cout << track.event() << " " << track.anonymous_id() << "\n";
  }
  for (const segrid::v1::EventIssue& issue : response->issues()) {
    std::cout << issue.index() << segrid::v1::Reason_Name(issue.reason());
  }
  // end
}

void Forward(const segrid::Client& client) {
  // sample: BridgeService.Forward
  segrid::ForwardOptions options;
  options.sources = {"default"};
  options.wait = segrid::v1::WAIT_DELIVERED;
  const auto response = client.Forward(kBody, options);  // Retries by itself.
  if (!response.ok()) {
    std::cout << response.error() << "\n";
    return;
  }
  std::cout << response->accepted_count() << " " << response->delivered_count()
            << "\n";
  // end
}

void TransformStream(const segrid::Client& client) {
  // sample: BridgeService.TransformStream
  const auto stream = client.OpenTransformStream();
  if (!stream.ok()) {
    std::cout << stream.error() << "\n";
    return;
  }
  for (const char* id : {"0", "1", "2"}) {
    segrid::v1::TransformStreamRequest request;
    request.set_request_id(id);
    request.mutable_request()->set_webhook_json(kBody);
    (*stream)->Write(request);
  }
  (*stream)->WritesDone();
  while (const auto answer = (*stream)->Read()) {  // In any order.
    std::cout << answer->request_id() << " " << answer->response().track_count()
              << "\n";
  }
  if (const auto error = (*stream)->Finish()) std::cout << *error << "\n";
  // end
}

void ForwardStream(const segrid::Client& client) {
  // sample: BridgeService.ForwardStream
  const auto stream = client.OpenForwardStream();
  if (!stream.ok()) {
    std::cout << stream.error() << "\n";
    return;
  }
  for (const char* id : {"0", "1", "2"}) {
    segrid::v1::ForwardStreamRequest request;
    request.set_request_id(id);
    request.mutable_request()->set_webhook_json(kBody);
    request.mutable_request()->add_sources("default");
    (*stream)->Write(request);
  }
  (*stream)->WritesDone();
  while (const auto answer = (*stream)->Read()) {
    std::cout << answer->request_id() << " "
              << answer->response().duplicate_count() << "\n";
  }
  if (const auto error = (*stream)->Finish()) std::cout << *error << "\n";
  // end
}

void ListSources(AdminStub& admin) {
  // sample: AdminService.ListSources
  segrid::v1::ListSourcesResponse response;
  Check(admin.ListSources(TenSeconds().get(), {}, &response));
  for (const segrid::v1::Source& source : response.sources()) {
    std::cout << source.name() << " " << source.receiver() << "\n";
  }
  // end
}

void GetStatus(AdminStub& admin) {
  // sample: AdminService.GetStatus
  segrid::v1::GetStatusResponse response;
  Check(admin.GetStatus(TenSeconds().get(), {}, &response));
  for (const auto& source : response.status().sources()) {
    std::cout << source.name() << " "
              << segrid::v1::SourceState_Name(source.state()) << " "
              << source.pending_count() << "\n";
  }
  // end
}

void WatchStatus(AdminStub& admin) {
  // sample: AdminService.WatchStatus
  segrid::v1::WatchStatusRequest request;
  request.mutable_interval()->set_nanos(500'000'000);
  const auto context = TenSeconds();
  const auto watch = admin.WatchStatus(context.get(), request);
  segrid::v1::WatchStatusResponse response;
  if (watch->Read(&response)) {  // One comes every half second.
    std::cout << response.status().ready() << "\n";
  }
  context->TryCancel();
  watch->Finish();
  // end
}

void TailTracks(AdminStub& admin) {
  // sample: AdminService.TailTracks
  segrid::v1::TailTracksRequest request;
  request.add_sources("default");
  request.set_sample_ratio(1);
  const auto context = TenSeconds();
  const auto tail = admin.TailTracks(context.get(), request);
  segrid::v1::TailTracksResponse response;
  while (response.tracks().empty() && tail->Read(&response)) {
    for (const segrid::v1::TailedTrack& tailed : response.tracks()) {
      std::cout << tailed.source() << " " << tailed.track().event() << "\n";
    }
  }
  context->TryCancel();
  tail->Finish();
  // end
}

void PauseSource(AdminStub& admin) {
  // sample: AdminService.PauseSource
  segrid::v1::PauseSourceRequest request;
  request.set_source("default");
  segrid::v1::PauseSourceResponse response;
  Check(admin.PauseSource(TenSeconds().get(), request, &response));
  // end
}

void ResumeSource(AdminStub& admin) {
  // sample: AdminService.ResumeSource
  segrid::v1::ResumeSourceRequest request;
  request.set_source("default");
  segrid::v1::ResumeSourceResponse response;
  Check(admin.ResumeSource(TenSeconds().get(), request, &response));
  // end
}

// The id of the newest one.
std::uint64_t ListDeadLetters(AdminStub& admin) {
  // sample: AdminService.ListDeadLetters
  segrid::v1::ListDeadLettersRequest request;
  request.mutable_filter()->set_source("slow");
  request.set_page_size(100);
  segrid::v1::ListDeadLettersResponse page;
  Check(admin.ListDeadLetters(TenSeconds().get(), request, &page));
  for (const segrid::v1::DeadLetter& letter : page.dead_letters()) {
    std::cout << letter.id() << " " << letter.reason() << " " << letter.answer()
              << "\n";
  }
  // end
  return page.dead_letters_size() > 0 ? page.dead_letters(0).id() : 0;
}

void ReplayDeadLetters(AdminStub& admin, std::uint64_t id) {
  // sample: AdminService.ReplayDeadLetters
  segrid::v1::ReplayDeadLettersRequest request;
  request.mutable_filter()->set_source("slow");
  request.mutable_filter()->add_ids(id);
  segrid::v1::ReplayDeadLettersResponse response;
  Check(admin.ReplayDeadLetters(TenSeconds().get(), request, &response));
  std::cout << response.replayed_count() << "\n";
  // end
}

void PurgeDeadLetters(AdminStub& admin) {
  // sample: AdminService.PurgeDeadLetters
  segrid::v1::PurgeDeadLettersRequest request;
  request.mutable_filter()->set_source("slow");
  request.mutable_filter()->set_reason("EXPIRED");
  segrid::v1::PurgeDeadLettersResponse response;
  Check(admin.PurgeDeadLetters(TenSeconds().get(), request, &response));
  std::cout << response.purged_count() << "\n";
  // end
}

void DropSource(AdminStub& admin) {
  // sample: AdminService.DropSource
  segrid::v1::DropSourceRequest request;
  request.set_source("old");
  segrid::v1::DropSourceResponse response;
  const grpc::Status status =
      admin.DropSource(TenSeconds().get(), request, &response);
  if (status.error_code() == grpc::NOT_FOUND) {
    std::cout << "the queue has nothing of it\n";
  }
  std::cout << response.pending_count() << "\n";
  // end
}

void ErasePerson(AdminStub& admin) {
  // sample: AdminService.ErasePerson
  segrid::v1::ErasePersonRequest request;
  request.set_email("a@example.com");
  segrid::v1::ErasePersonResponse response;
  Check(admin.ErasePerson(TenSeconds().get(), request, &response));
  for (const segrid::v1::ErasedSource& source : response.sources()) {
    std::cout << source.source() << " " << source.pending_count() << " "
              << source.dead_letter_count() << "\n";
  }
  // end
}

void ReloadConfig(AdminStub& admin) {
  // sample: AdminService.ReloadConfig
  segrid::v1::ReloadConfigResponse response;
  Check(admin.ReloadConfig(TenSeconds().get(), {}, &response));
  for (const segrid::v1::ConfigChange& change : response.changes()) {
    std::cout << change.key() << " " << change.from() << " " << change.to()
              << "\n";
  }
  // end
}

void Drain(AdminStub& admin) {
  // sample: AdminService.Drain
  segrid::v1::DrainResponse response;
  Check(admin.Drain(TenSeconds().get(), {}, &response));
  // end
}

std::ostream& Title(const char* method) {
  return std::cout << method << std::endl;
}

void CallBridge(const segrid::Client& client) {
  Title("BridgeService.Transform"), Transform(client);
  Title("BridgeService.Forward"), Forward(client);
  Title("BridgeService.TransformStream"), TransformStream(client);
  Title("BridgeService.ForwardStream"), ForwardStream(client);
}

void CallAdmin(AdminStub& admin) {
  Title("AdminService.ListSources"), ListSources(admin);
  Title("AdminService.GetStatus"), GetStatus(admin);
  Title("AdminService.WatchStatus"), WatchStatus(admin);
  Title("AdminService.TailTracks"), TailTracks(admin);
  Title("AdminService.PauseSource"), PauseSource(admin);
  Title("AdminService.ResumeSource"), ResumeSource(admin);
  Title("AdminService.ListDeadLetters");
  const std::uint64_t id = ListDeadLetters(admin);
  Title("AdminService.ReplayDeadLetters"), ReplayDeadLetters(admin, id);
  Title("AdminService.PurgeDeadLetters"), PurgeDeadLetters(admin);
  Title("AdminService.DropSource"), DropSource(admin);
  Title("AdminService.ErasePerson"), ErasePerson(admin);
  Title("AdminService.ReloadConfig"), ReloadConfig(admin);
  Title("AdminService.Drain"), Drain(admin);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string address = argc > 1 ? argv[1] : "127.0.0.1:50051";
  // sample: connect
  const auto client = segrid::Client::Connect({.address = address});
  const auto channel =
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  const auto admin = segrid::v1::AdminService::NewStub(channel);
  // end
  if (!client.ok()) {
    std::cerr << client.error() << "\n";
    return 1;
  }
  CallBridge(*client);
  CallAdmin(*admin);
  return 0;
}
