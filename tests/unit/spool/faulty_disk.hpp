// SPDX-License-Identifier: Apache-2.0
// A disk that fails on command, for the tests of this library: the calls that change files are
// caught in this process (faulty_disk_test.cpp), passed on, and refused, counted or undone as told.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace tbgw::spool::test {

/// While one lives, the calls on files below `root` pass through it. At most one at a time.
class FaultyDisk {
 public:
  explicit FaultyDisk(std::string root);
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  enum class Call { create, write, sync, truncate, unlink, rename };
  struct Event {
    Call call;
    std::string path;
  };

  /// Asked before each call: an errno to fail with, or 0. Unset: no failures.
  std::function<int(Call call, const std::string& path)> fail;
  /// A write of more than this many bytes puts only so many there and then fails with ENOSPC;
  /// counted down over all writes. SIZE_MAX = no limit.
  std::size_t room = SIZE_MAX;
  /// What fstatvfs(3) says is free; UINT64_MAX = the truth.
  std::uint64_t free_bytes = UINT64_MAX;
  /// From now on nothing reaches the disk, and every call says it did: what a process does after
  /// it was killed.
  bool dead = false;
  /// Syncs say they are done and are not.
  bool lying_sync = false;
  /// Every call that was let through, in order.
  std::vector<Event> events;
  [[nodiscard]] std::size_t count(Call call) const;

  /// The medium turns these bytes of a file into others, synced or not, for good.
  void damage(const std::string& path, std::size_t offset, const std::string& bytes);

  /// The power goes: of everything not synced, sectors of 512 bytes survive at random, new names
  /// may be gone and removed ones back. Then everything is on the disk.
  void power_cut(std::mt19937& random);
};

}  // namespace tbgw::spool::test
