#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "bench/report/report.h"

namespace segrid::bench {

absl::Status WriteReport(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return absl::OkStatus();
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    return absl::UnavailableError(absl::StrCat(
        path, ": cannot be written; is the folder there and writable?"));
  }
  return absl::OkStatus();
}

}  // namespace segrid::bench
