#include "core/queue/subscribers.h"

namespace segrid::queue {

class Subscribers::Entry final : public Subscription {
 public:
  Entry(Subscribers& all, std::uint64_t id) : all_(all), id_(id) {}
  ~Entry() override {
    absl::MutexLock lock(&all_.mu_);
    all_.entries_.erase(id_);
  }

 private:
  Subscribers& all_;
  const std::uint64_t id_;
};

std::unique_ptr<Subscription> Subscribers::Add(std::string lane,
                                               std::function<void()> on_ready) {
  absl::MutexLock lock(&mu_);
  const std::uint64_t id = ++last_id_;
  entries_.emplace(id, std::pair(std::move(lane), std::move(on_ready)));
  return std::make_unique<Entry>(*this, id);
}

void Subscribers::Notify(std::string_view lane) {
  absl::ReaderMutexLock lock(&mu_);
  for (const auto& [id, entry] : entries_) {
    if (entry.first == lane) entry.second();
  }
}

}  // namespace segrid::queue
