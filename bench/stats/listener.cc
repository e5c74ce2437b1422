#include <arpa/inet.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <system_error>

#include "bench/stats/process_stats.h"
#include "core/base/localhost.h"

namespace segrid::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListening = "0A";  // TCP_LISTEN in /proc/net/tcp.

bool SameAddress(const sockaddr* a, const sockaddr* b) {
  if (a == nullptr || a->sa_family != b->sa_family) return false;
  if (a->sa_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in*>(a)->sin_addr.s_addr ==
           reinterpret_cast<const sockaddr_in*>(b)->sin_addr.s_addr;
  }
  return std::memcmp(&reinterpret_cast<const sockaddr_in6*>(a)->sin6_addr,
                     &reinterpret_cast<const sockaddr_in6*>(b)->sin6_addr,
                     sizeof(in6_addr)) == 0;
}

// Whether `host` is an address of one of this machine's interfaces.
bool IsThisMachine(const std::string& host) {
  if (base::IsLocalhost(host)) return true;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(
      found, freeaddrinfo);
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return false;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> interfaces(
      list, freeifaddrs);
  for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
    for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
      if (SameAddress(i->ifa_addr, a->ai_addr)) return true;
    }
  }
  return false;
}

// Inodes of the TCP sockets that listen at `port`.
void AddTcpListeners(const char* table, int port, std::set<std::string>& out) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // The header.
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retries, uid,
        timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retries >>
        uid >> timeout >> inode;
    const std::size_t colon = local.rfind(':');
    if (state != kListening || colon == std::string::npos) continue;
    int found = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(),
                    found, 16);
    if (found == port) out.insert(inode);
  }
}

void AddUnixListeners(const std::string& path, std::set<std::string>& out) {
  std::ifstream file("/proc/net/unix");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string slot, references, protocol, flags, type, state, inode, name;
    fields >> slot >> references >> protocol >> flags >> type >> state >>
        inode >> name;
    if (name == path && state == "01") out.insert(inode);
  }
}

bool Owns(const fs::path& process, const std::set<std::string>& inodes) {
  std::error_code error;
  fs::directory_iterator descriptors(process / "fd", error);
  if (error) return false;
  for (const auto& descriptor : descriptors) {
    const std::string target = fs::read_symlink(descriptor, error).string();
    if (error || !target.starts_with("socket:[")) continue;
    if (inodes.contains(target.substr(8, target.size() - 9))) return true;
  }
  return false;
}

std::set<std::string> ListenerInodes(const std::string& address) {
  std::set<std::string> inodes;
  if (address.starts_with("unix:")) {
    std::string path = address.substr(5);
    if (path.starts_with("//")) path.erase(0, 2);
    AddUnixListeners(path, inodes);
    return inodes;
  }
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return inodes;
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') {
    host = host.substr(1, host.size() - 2);
  }
  int port = 0;
  std::from_chars(address.data() + colon + 1, address.data() + address.size(),
                  port);
  if (port == 0 || !IsThisMachine(host)) return inodes;
  AddTcpListeners("/proc/net/tcp", port, inodes);
  AddTcpListeners("/proc/net/tcp6", port, inodes);
  return inodes;
}

}  // namespace

int FindListener(const std::string& address) {
  const std::set<std::string> inodes = ListenerInodes(address);
  if (inodes.empty()) return 0;
  std::error_code error;
  fs::directory_iterator processes("/proc", error);
  if (error) return 0;
  for (const auto& process : processes) {
    const std::string name = process.path().filename().string();
    int pid = 0;
    const auto parsed =
        std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) {
      continue;
    }
    if (Owns(process.path(), inodes)) return pid;
  }
  return 0;
}

}  // namespace segrid::bench
