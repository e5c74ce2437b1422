// Delivers Tracks as rows of tables: into PostgreSQL or a SQLite file.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/receivers/receiver.h"
#include "core/receivers/warehouse/batch_rows.h"
#include "core/receivers/warehouse/loader.h"

namespace segrid::receivers::warehouse {

struct WarehouseOptions {
  LoaderOptions loader{};
  std::string data_dir{};  // A SQLite file's path is below it.
  // Rows received longer ago are deleted. Infinite: never.
  absl::Duration keep = absl::InfiniteDuration();
};

// The database without user and parameters, with the schema.
std::string EndpointOf(const LoaderOptions& options);

// The loader that fits the options' database.
// INVALID_ARGUMENT/BAD_DATABASE: it begins with neither "sqlite:" nor
// "postgres".
absl::StatusOr<std::unique_ptr<Loader>> MakeLoader(
    const WarehouseOptions& options);

// Loads each batch in one transaction. Rows that are there already are passed
// over, so each event is in the tables exactly once, whatever is killed when.
//
// Ownership:     keeps a reference to the clock.
// Thread safety: one Send at a time, because it is made for a ThreadedReceiver;
//                Stop from any thread.
// Blocking:      Send waits for the database and runs `done` inline.
// Errors:        see Loader; the tables are made by Maintain, or with the first
//                batch.
class WarehouseReceiver final : public Receiver {
 public:
  static absl::StatusOr<std::unique_ptr<WarehouseReceiver>> Create(
      const WarehouseOptions& options, base::Clock& clock);

  // With a loader of one's own.
  WarehouseReceiver(std::unique_ptr<Loader> loader,
                    const WarehouseOptions& options, base::Clock& clock);

  void Send(Batch batch, Done done) override;
  // Makes the tables, and deletes rows that are too old.
  absl::Duration Maintain() override;
  void Stop() override { loader_->Stop(); }
  Limits limits() const override;
  std::string endpoint() const override { return endpoint_; }

 private:
  SendResult Load(const Batch& batch);

  const std::unique_ptr<Loader> loader_;
  const absl::Duration keep_;
  const std::string endpoint_;
  base::Clock& clock_;
  BatchRows rows_;
};

}  // namespace segrid::receivers::warehouse
