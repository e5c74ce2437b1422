#include "client/cli/progress_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

namespace segrid::cli {
namespace {

Error Failed(ErrorCode code, const std::string& path, const char* what) {
  Error error;
  error.code = code;
  error.message = path + ": " + what;
  return error;
}

}  // namespace

Result<ProgressFile> ProgressFile::Open(const std::string& path) {
  ProgressFile progress(path);
  std::ifstream file(path);
  if (path.empty()) return progress;
  if (!file && errno != ENOENT) {
    return Failed(ErrorCode::kUnavailable, path, "cannot be read");
  }
  if (!file) {
    if (auto error = progress.Write()) return *std::move(error);
    return progress;
  }
  std::int64_t done = 0;
  std::string name;
  while (file >> done) {
    if (file.get() != '\t' || !std::getline(file, name) || done < 0) break;
    progress.done_[name] = done;
  }
  if (!file.eof()) {
    return Failed(ErrorCode::kInvalidArgument, path,
                  "is not what --progress or --resume keep; name another file");
  }
  if (auto error = progress.Write()) return *std::move(error);
  return progress;
}

std::int64_t ProgressFile::Done(const std::string& name) const {
  const auto found = done_.find(name);
  return found == done_.end() ? 0 : found->second;
}

std::optional<Error> ProgressFile::Note(const std::string& name,
                                        std::int64_t done) {
  done_[name] = done;
  if (path_.empty()) return std::nullopt;
  return Write();
}

std::optional<Error> ProgressFile::Write() const {
  const std::string draft = path_ + ".new";
  std::ofstream out(draft, std::ios::trunc);
  for (const auto& [name, count] : done_) out << count << '\t' << name << '\n';
  out.close();
  if (out && std::rename(draft.c_str(), path_.c_str()) == 0) {
    return std::nullopt;
  }
  const std::string why = std::strerror(errno);
  return Failed(ErrorCode::kUnavailable, path_,
                ("cannot be written: " + why).c_str());
}

}  // namespace segrid::cli
