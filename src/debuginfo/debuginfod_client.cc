// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/debuginfod_client.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace kmortem::debuginfo {

namespace {

// libdebuginfod's interface (debuginfod.h), of which only these are used; it is not linked
// because most machines lack it.
struct Api {
  void* (*begin)() = nullptr;
  int (*find)(void*, const unsigned char*, int, char**) = nullptr;
  void (*end)(void*) = nullptr;

  explicit operator bool() const { return begin != nullptr && find != nullptr && end != nullptr; }
};

Api load_api(void* library) {
  Api api;
  api.begin = reinterpret_cast<decltype(api.begin)>(dlsym(library, "debuginfod_begin"));
  api.find = reinterpret_cast<decltype(api.find)>(dlsym(library, "debuginfod_find_debuginfo"));
  api.end = reinterpret_cast<decltype(api.end)>(dlsym(library, "debuginfod_end"));
  return api;
}

}  // namespace

std::optional<std::string> fetch_from_debuginfod(const std::string& build_id) {
  const char* urls = std::getenv("DEBUGINFOD_URLS");
  if (build_id.empty() || urls == nullptr || *urls == '\0') return std::nullopt;
  // Never closed: the library's own threads may outlive the call.
  void* library = dlopen("libdebuginfod.so.1", RTLD_NOW);
  const Api api = library != nullptr ? load_api(library) : Api();
  if (!api) return std::nullopt;

  void* client = api.begin();
  if (client == nullptr) return std::nullopt;
  char* path = nullptr;
  // A length of 0 says that the build-id is hexadecimal text.
  const int fd =
      api.find(client, reinterpret_cast<const unsigned char*>(build_id.c_str()), 0, &path);
  api.end(client);
  const std::unique_ptr<char, void (*)(void*)> owned(path, std::free);
  if (fd < 0) return std::nullopt;
  ::close(fd);
  return path != nullptr ? std::optional<std::string>(path) : std::nullopt;
}

}  // namespace kmortem::debuginfo
