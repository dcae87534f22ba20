// SPDX-License-Identifier: Apache-2.0
#include "spool/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "core/status.hpp"

namespace tbgw::spool {
namespace {

int wait_status(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  constexpr int kSignalBase = 128;
  return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status) : WEXITSTATUS(status);
}

/// What posix_spawn(3) is told: descriptors, and SIGPIPE back to its default.
class SpawnPlan {
 public:
  SpawnPlan(int input, int ack) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    if (ack >= 0) ::posix_spawn_file_actions_adddup2(&actions_, ack, kAckFd);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  int run(pid_t& pid, const std::vector<std::string>& argv) {
    std::vector<char*> words;
    for (const std::string& word : argv)
      words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    return ::posix_spawnp(&pid, words[0], &actions_, &attributes_, words.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Child::Child(Loop& loop, const std::vector<std::string>& argv, bool with_ack,
             std::function<void(int status)> on_end)
    : loop_(loop), on_end_(std::move(on_end)) {
  Pipe input = make_pipe();
  Pipe ack = with_ack ? make_pipe() : Pipe{};
  stdin_ = std::move(input.write);
  ack_ = std::move(ack.read);
  if (ack_) ::fcntl(ack_.get(), F_SETFL, O_NONBLOCK);
  spawn(argv, input.read.get(), ack.write.get());
  pidfd_ = Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
  if (!pidfd_) throw_errno(Status::software, "pidfd_open");
  loop_.watch(pidfd_.get(), POLLIN, [this](short) { on_exit(); });
}

void Child::spawn(const std::vector<std::string>& argv, int input, int ack) {
  errno = SpawnPlan(input, ack).run(pid_, argv);
  if (errno == 0) return;
  pid_ = -1;
  const bool refused = errno == EACCES || errno == EPERM;
  throw_errno(refused ? Status::no_permission : Status::no_input,
              "cannot start '" + argv.front() + "'");
}

Child::~Child() {
  if (pidfd_) loop_.forget(pidfd_.get());
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  wait_status(pid_);
}

void Child::signal(int number) const {
  if (pid_ >= 0) ::kill(pid_, number);
}

void Child::on_exit() {
  const int status = wait_status(std::exchange(pid_, -1));
  loop_.forget(pidfd_.get());
  const auto end = on_end_;
  end(status);
}

}  // namespace tbgw::spool
