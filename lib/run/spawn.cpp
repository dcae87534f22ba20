// SPDX-License-Identifier: Apache-2.0
#include "run/spawn.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/status.hpp"

extern char** environ;

namespace tbgw::run {
namespace {

/// All that must be allocated, before fork(2).
struct Prepared {
  std::vector<char*> argv;
  std::vector<std::string> texts;
  std::vector<char*> environment;
};

Prepared prepare(const SpawnRequest& request) {
  Prepared prepared;
  for (const std::string& word : request.argv)
    prepared.argv.push_back(const_cast<char*>(word.c_str()));  // execve(2) changes nothing
  prepared.argv.push_back(nullptr);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text{*variable};
    const std::string name{text.substr(0, text.find('='))};
    // Readiness and the watchdog are between the service manager and us.
    const bool ours = name == "NOTIFY_SOCKET" || name.compare(0, 9, "WATCHDOG_") == 0;
    if (!ours && request.environment.count(name) == 0) prepared.environment.push_back(*variable);
  }
  for (const auto& [name, value] : request.environment)
    prepared.texts.push_back(name + "=" + value);
  for (std::string& text : prepared.texts)
    prepared.environment.push_back(text.data());
  prepared.environment.push_back(nullptr);
  return prepared;
}

void limit(int resource, std::uint64_t most) {
  const rlimit both{most, most};
  ::setrlimit(resource, &both);
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number)
    std::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// A descriptor that stands where another must go would be overwritten: all are moved out of the
/// way first.
void place_descriptors(const SpawnRequest& request) {
  constexpr int kAbove = kReadyFd + 1;
  const std::array<int, 4> from{request.in, request.out, request.err, request.ready};
  constexpr std::array<int, 4> kTo{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, kReadyFd};
  std::array<int, 4> moved{-1, -1, -1, -1};
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] >= 0) moved[i] = ::fcntl(from[i], F_DUPFD_CLOEXEC, kAbove);
  }
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (moved[i] >= 0) ::dup2(moved[i], kTo[i]);
  }
}

[[noreturn]] void become(const SpawnRequest& request, const Prepared& prepared, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(static_cast<int>(Status::try_again));  // it died before that
  reset_signals();
  place_descriptors(request);
  if (request.limits.memory) limit(RLIMIT_AS, *request.limits.memory);
  if (request.limits.open_files) {
    limit(RLIMIT_NOFILE, static_cast<std::uint64_t>(*request.limits.open_files));
  }
  if (request.limits.nice) {
    [[maybe_unused]] const int is = ::nice(static_cast<int>(*request.limits.nice));
  }
  ::execve(request.program.c_str(), prepared.argv.data(), prepared.environment.data());
  ::_exit(errno == ENOENT ? 127 : 126);
}

}  // namespace

Result<pid_t> spawn(const SpawnRequest& request) {
  const Prepared prepared = prepare(request);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return Error{"no process can be started: " + errno_text(errno)};
  if (pid == 0) become(request, prepared, parent);
  ::setpgid(pid, pid);  // whoever is first: a signal to the group must find it
  return pid;
}

std::string find_program(const std::string& name, const std::string& folder) {
  const auto runs = [](const std::string& path) { return ::access(path.c_str(), X_OK) == 0; };
  if (name.find('/') != std::string::npos) return runs(name) ? name : "";
  if (const std::string beside = folder + "/" + name; runs(beside)) return beside;
  const char* variable = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): one thread
  std::string_view path = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
  while (!path.empty()) {
    const std::size_t stop = std::min(path.find(':'), path.size());
    const std::string at = std::string{path.substr(0, stop)} + "/" + name;
    if (runs(at)) return at;
    path.remove_prefix(std::min(stop + 1, path.size()));
  }
  return "";
}

}  // namespace tbgw::run
