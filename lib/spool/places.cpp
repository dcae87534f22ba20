// SPDX-License-Identifier: Apache-2.0
#include "spool/places.hpp"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "core/fifo.hpp"
#include "core/status.hpp"
#include "spool/ack_channel.hpp"

namespace tbgw::spool {
namespace {

std::string absolute(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) throw_errno(Status::no_input, path);
  std::string text{resolved};
  std::free(resolved);  // NOLINT(cppcoreguidelines-no-malloc): realpath(3) says so
  return text;
}

std::string runtime_folder() {
  for (const char* name : {"RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"}) {
    const char* folder = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    if (folder != nullptr && *folder == '/') return folder;
  }
  return "/tmp";
}

std::string make_private_folder() {
  std::string folder = runtime_folder() + "/tbgw-spool.XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw_errno(Status::cannot_create, folder);
  return folder;
}

}  // namespace

Follower::Follower(const Options& options, std::function<void(const std::string& text)> tell)
    : directory_(Directory::open(options.dir)),
      cursor_(directory_, options.cursor, 0),
      dead_(options.dir, options.cursor, options.sync),
      backlog_(directory_, cursor_, dead_, nullptr, std::move(tell)) {}

Store* Places::store() const {
  if (disk) return disk.get();
  return memory.get();
}

Backlog& Places::backlog() const {
  if (disk) return disk->backlog();
  if (follower) return follower->backlog();
  return *memory;
}

DiskBacklog* Places::followed() const {
  return follower ? &follower->backlog() : nullptr;
}

Places open_places(const Options& options, std::function<void(const std::string& text)> tell) {
  Places places;
  if (options.memory) {
    places.memory =
        std::make_unique<MemoryStore>(options.writer.max_bytes, options.max_age.count());
  } else if (options.get) {
    places.follower = std::make_unique<Follower>(options, std::move(tell));
  } else {
    const DiskStore::Options store{options.writer, options.max_age,
                                   options.write_behind.count() > 0};
    places.disk = std::make_unique<DiskStore>(options.dir, store, std::move(tell));
  }
  return places;
}

FifoPlace::FifoPlace(const Options& options) {
  if (!options.memory) {
    path_ = absolute(options.dir) + (options.get ? "/ack." + options.cursor : "/ack");
    if (make_fifo(path_)) return;
  }
  folder_ = make_private_folder();
  path_ = folder_ + "/ack";
  if (!make_fifo(path_)) throw_errno(Status::cannot_create, path_);
}

FifoPlace::~FifoPlace() {
  if (folder_.empty()) return;
  ::unlink(path_.c_str());
  ::rmdir(folder_.c_str());
}

}  // namespace tbgw::spool
