// SPDX-License-Identifier: Apache-2.0
#include "tb/state_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/status.hpp"

namespace tbgw::tb {
namespace {

constexpr const char* kJournal = "/devices.ndjson";

Error failed(const std::string& path) {
  const int error = errno;
  return Error{path + ": " + errno_text(error)};
}

/// Every folder on the way, ours for the owner only.
Result<void> make_folder(const std::string& folder) {
  std::error_code error;
  const std::filesystem::path path{folder};
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return Error{path.parent_path().string() + ": " + error.message()};
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed(folder);
  return {};
}

}  // namespace

Result<StateStore> StateStore::open(const std::string& folder) {
  StateStore store;
  store.folder_ = folder;
  if (const auto made = make_folder(folder); !made) return made.error();
  const std::string lock = folder + "/lock";
  store.lock_ = Fd{::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!store.lock_) return failed(lock);
  const bool writer = ::flock(store.lock_.get(), LOCK_EX | LOCK_NB) == 0;
  if (!writer && errno != EWOULDBLOCK) return failed(lock);
  // What cannot be understood is left out, as after the next rewrite.
  State* const state = store.state_.get();
  const Journal::Hooks hooks{[state](std::string_view line) { state->take(line); },
                             [state] { return state->journal(); }};
  if (!writer) {
    store.lock_.reset();
    if (const auto got = Journal::read(folder + kJournal, hooks); !got) return got.error();
    return store;
  }
  auto journal = Journal::open(folder + kJournal, hooks);
  if (!journal) return journal.error();
  store.journal_ = std::move(*journal);
  return store;
}

Result<void> StateStore::sync() {
  return journal_.append(state_->take_changes());
}

}  // namespace tbgw::tb
