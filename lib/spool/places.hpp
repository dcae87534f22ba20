// SPDX-License-Identifier: Apache-2.0
// What a spool process opens before it begins: its store, its backlog, the place of its
// acknowledgement FIFO.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "spool/disk_backlog.hpp"
#include "spool/disk_store.hpp"
#include "spool/memory_store.hpp"
#include "spool/options.hpp"

namespace tbgw::spool {

/// The backlog of a process that only delivers (--get): another one accepts.
class Follower {
 public:
  /// Fatal 66, 75, 77 as Directory::open() and Cursor.
  Follower(const Options& options, std::function<void(const std::string& text)> tell);
  [[nodiscard]] DiskBacklog& backlog() { return backlog_; }

 private:
  Directory directory_;
  Cursor cursor_;
  LetterBox dead_;
  DiskBacklog backlog_;
};

/// One of the three: a spool on disk that we accept for, one that we only deliver from, or memory.
struct Places {
  std::unique_ptr<DiskStore> disk;
  std::unique_ptr<Follower> follower;
  std::unique_ptr<MemoryStore> memory;

  /// nullptr with --get.
  [[nodiscard]] Store* store() const;
  [[nodiscard]] Backlog& backlog() const;
  /// The backlog of a follower, whose wake_fd() tells of new records; else nullptr.
  [[nodiscard]] DiskBacklog* followed() const;
};
Places open_places(const Options& options, std::function<void(const std::string& text)> tell);

/// The absolute path of the FIFO: "ack" or "ack.CURSOR" in the spool's directory. With --memory, or
/// where the file system has no FIFOs or cannot be written, in a fresh folder (0700) under
/// $RUNTIME_DIRECTORY, $XDG_RUNTIME_DIR or /tmp, which goes with this object.
class FifoPlace {
 public:
  explicit FifoPlace(const Options& options);
  ~FifoPlace();
  FifoPlace(const FifoPlace&) = delete;
  FifoPlace& operator=(const FifoPlace&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string folder_;  ///< to remove
};

}  // namespace tbgw::spool
