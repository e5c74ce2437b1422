#include "tests/durability/fault_disk.h"

#include <atomic>
#include <utility>

namespace segrid::tests {

using rocksdb::FileOptions;
using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class FaultDisk::File final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<FSWritableFile> file, std::string name, Hook& hook)
      : FSWritableFileOwnerWrapper(std::move(file)),
        name_(std::move(name)),
        hook_(hook) {}

  IOStatus Append(const Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    std::size_t partial = 0;
    const IOStatus status = hook_({Op::kAppend, name_, data.size()}, &partial);
    if (status.ok()) {
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    if (partial > 0) {
      FSWritableFileOwnerWrapper::Append(Slice(data.data(), partial), options,
                                         debug)
          .PermitUncheckedError();
      hook_({Op::kHalfAppended, name_, partial}, nullptr)
          .PermitUncheckedError();
    }
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus status = hook_({Op::kSync, name_}, nullptr);
    if (!status.ok()) return status;
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus status = hook_({Op::kSync, name_}, nullptr);
    if (!status.ok()) return status;
    return FSWritableFileOwnerWrapper::Fsync(options, debug);
  }

 private:
  const std::string name_;
  Hook& hook_;
};

class FaultDisk::FileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FileSystem(Hook hook)
      : FileSystemWrapper(rocksdb::FileSystem::Default()),
        hook_(std::move(hook)) {}

  const char* Name() const override { return "FaultDisk"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<FSWritableFile>* result,
                           IODebugContext* debug) override {
    IOStatus status = hook_({Op::kCreate, name}, nullptr);
    if (!status.ok()) return status;
    std::unique_ptr<FSWritableFile> file;
    status = FileSystemWrapper::NewWritableFile(name, options, &file, debug);
    if (!status.ok()) return status;
    *result = std::make_unique<File>(std::move(file), name, hook_);
    return status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to,
                      const IOOptions& options,
                      IODebugContext* debug) override {
    const IOStatus status = hook_({Op::kRename, to}, nullptr);
    if (!status.ok()) return status;
    return FileSystemWrapper::RenameFile(from, to, options, debug);
  }
  IOStatus GetFreeSpace(const std::string& path, const IOOptions& options,
                        std::uint64_t* free, IODebugContext* debug) override {
    const std::int64_t told = free_space_;
    if (told < 0) {
      return FileSystemWrapper::GetFreeSpace(path, options, free, debug);
    }
    *free = static_cast<std::uint64_t>(told);
    return IOStatus::OK();
  }

  std::atomic<std::int64_t> free_space_ = -1;

 private:
  Hook hook_;
};

FaultDisk::FaultDisk(Hook hook)
    : file_system_(std::make_shared<FileSystem>(std::move(hook))),
      env_(rocksdb::NewCompositeEnv(file_system_)) {}

FaultDisk::~FaultDisk() = default;

void FaultDisk::set_free_space(std::int64_t bytes) {
  file_system_->free_space_ = bytes;
}

void FaultPlan::Arm(const Rule& rule) {
  armed_ = false;
  rule_ = rule;
  seen_ = 0;
  failed_ = 0;
  armed_ = true;
}

IOStatus FaultPlan::Check(const FaultDisk::Event& event, std::size_t* partial) {
  if (!armed_ || event.op == FaultDisk::Op::kHalfAppended) {
    return IOStatus::OK();
  }
  if (rule_.only_syncs && event.op != FaultDisk::Op::kSync) {
    return IOStatus::OK();
  }
  const std::int64_t number = ++seen_;
  if (number < rule_.first || number >= rule_.first + rule_.count) {
    return IOStatus::OK();
  }
  ++failed_;
  if (rule_.half_appends && partial != nullptr) *partial = event.bytes / 2;
  switch (rule_.kind) {
    case Kind::kNoSpace: {
      IOStatus status = IOStatus::NoSpace("made up: no space left on device");
      status.SetRetryable(true);
      return status;
    }
    case Kind::kReadOnly:
      return IOStatus::IOError("made up: read-only file system");
    case Kind::kIoError:
      break;
  }
  return IOStatus::IOError("made up: input/output error");
}

}  // namespace segrid::tests
