// SPDX-License-Identifier: Apache-2.0
#include "run/service.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "core/ready.hpp"
#include "core/signals.hpp"
#include "run/folders.hpp"
#include "run/spawn.hpp"

namespace tbgw::run {
namespace {

constexpr const char* kOwnName = "gateway";

std::map<std::string, std::string> environment_of_reference() {
  std::map<std::string, std::string> out;
  for (const char* name : {"TB_GW_HOST", "TB_GW_PORT", "TB_GW_ACCESS_TOKEN"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    if (value != nullptr) out[name] = value;
  }
  return out;
}

/// The same program with the same command line in this process's place.
void start_again() {
  const std::string line = read_file("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size(); at = line.find('\0', at) + 1)
    words.emplace_back(line.c_str() + at);
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv("/proc/self/exe", argv.data());
  throw_errno(Status::software, "cannot start again");
}

std::string all_of(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts)
    out += (out.empty() ? "" : "\n") + text;
  return out;
}

/// Two pipes and more for each process: the usual 1024 are soon used up.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Gateway read_files(const ServiceOptions& options, Mistakes& mistakes) {
  Surroundings around;
  around.state = state_folder(options.state);
  around.has_program = [&](const std::string& program) {
    return !find_program(program, options.tools).empty();
  };
  around.skip_missing = options.skip_missing;
  around.environment = environment_of_reference();
  Gateway gateway = read_gateway(options.files, around, mistakes);
  if (options.level) {
    gateway.logging = Logging{};
    gateway.logging.level = *options.level;
  }
  return gateway;
}

Service::Service(ServiceOptions options)
    : options_(std::move(options)),
      logs_(options_.log_folder, options_.log_size, options_.log_files) {
  Mistakes mistakes;
  Gateway gateway = read_files(options_, mistakes);
  if (!mistakes.none()) throw Fatal(Status::config, all_of(mistakes.texts()));
  for (const std::string& notice : gateway.notices)
    tell(log::Level::warning, notice);
  if (gateway.pipelines.empty()) {
    throw Fatal(Status::config, "there is no pipeline to run: no file names a connector");
  }
  options_.state = state_folder(options_.state);
  options_.runtime = runtime_folder(options_.runtime);
  make_folder(options_.state);
  make_private_folder(options_.runtime);
  lock_ = lock_folder(options_.runtime);
  // Where the tools keep what must survive: the last trusted time, devices of the platform.
  ::setenv("STATE_DIRECTORY", options_.state.c_str(), 1);
  allow_many_descriptors();
  open_remote(gateway);
  LayoutOptions layout;
  layout.stats = options_.stats;
  layout.own_pipeline = true;
  layout.tap = tap_path(options_.runtime);
  Supervisor::Hooks hooks;
  hooks.find = [this](const std::string& name) { return find_program(name, options_.tools); };
  hooks.heard = [this](const Process& process, const Pipeline* pipeline, log::Level level,
                       std::string_view text) { heard(process, pipeline, level, text); };
  hooks.tell = [this](const Process& process, log::Level level, const std::string& text) {
    tell(level, process.name + " " + text);
  };
  hooks.ready = [this] { on_ready(); };
  hooks.stopped = [this] { loop_.quit(); };
  supervisor_ = std::make_unique<Supervisor>(loop_, std::move(gateway),
                                             Places{options_.runtime, options_.state}, layout,
                                             std::move(hooks));
}

/// What the platform made of the files runs instead of them, if it may and did.
void Service::open_remote(Gateway& gateway) {
  if (!gateway.reference || !gateway.remote.configuration || options_.files.size() != 1) return;
  RemoteLink::Hooks hooks;
  hooks.read = [this](const std::string& main_file, Mistakes& mistakes) {
    ServiceOptions candidate = options_;
    candidate.files = {main_file};
    return read_files(candidate, mistakes);
  };
  hooks.find = [this](const std::string& name) { return find_program(name, options_.tools); };
  hooks.run = [this](const std::string& main_file) {
    options_.files = {main_file};
    return read_again();
  };
  hooks.print = [this](std::string record) { desk_->print(std::move(record)); };
  hooks.tell = [this](log::Level level, const std::string& text) { tell(level, text); };
  const std::string main_file = std::filesystem::absolute(options_.files.front()).string();
  remote_ =
      std::make_unique<RemoteLink>(loop_, options_.state + "/remote", main_file, std::move(hooks));
  options_.files = {remote_->main_file()};
  Mistakes mistakes;
  Gateway again = read_files(options_, mistakes);
  if (mistakes.none() && !again.pipelines.empty()) {
    gateway = std::move(again);
    return;
  }
  tell(log::Level::error, all_of(mistakes.texts()));
  tell(log::Level::error, "what the platform made of the files cannot run: the local ones do");
  remote_.reset();
  options_.files = {main_file};
}

/// The parts of the gateway that are about itself.
void Service::open_desk() {
  Desk::Hooks hooks;
  hooks.tell = [this](log::Level level, const std::string& text) { tell(level, text); };
  hooks.restart = [this] {
    tell(log::Level::warning, "the platform asked for a restart");
    restarting_ = true;
    stop();
  };
  hooks.event = [this](const nlohmann::json& event) {
    if (remote_) remote_->event(event);
  };
  hooks.remote = [this] { return remote_ ? remote_->state() : nlohmann::ordered_json{}; };
  desk_ = std::make_unique<Desk>(loop_, *supervisor_, Places{options_.runtime, options_.state},
                                 std::move(hooks));
  control_ = std::make_unique<Control>(loop_, control_path(options_.runtime),
                                       [this] { return desk_->state(); });
}

Service::~Service() = default;

void Service::tell(log::Level level, const std::string& text) {
  if (!options_.log_folder.empty()) {
    if (log::enabled(level)) logs_.write(kOwnName, level, text);
    if (level != log::Level::error) return;
  }
  switch (level) {
    case log::Level::error:
      return log::error(text);
    case log::Level::warning:
      return log::warn(text);
    case log::Level::info:
      return log::info(text);
    case log::Level::debug:
      return log::debug(text);
  }
}

void Service::heard(const Process& process, const Pipeline* pipeline, log::Level level,
                    std::string_view text) {
  if (pipeline != nullptr && pipeline->silent) return;
  const log::Level most = level_for(supervisor_->gateway(), process, pipeline);
  if (level == log::Level::error) desk_->take_error(process, pipeline, text);
  if (level > most) return;
  // The counters that tbgw-push shows are collected already.
  if (process.role == Role::spool && most != log::Level::debug &&
      text.find("counters {") != std::string_view::npos) {
    return;
  }
  logs_.write(pipeline == nullptr ? process.name : pipeline->name, level, text);
}

void Service::watch_signals() {
  sigset_t ours;
  sigemptyset(&ours);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1})
    sigaddset(&ours, number);
  ::sigprocmask(SIG_BLOCK, &ours, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  signals_ = Fd{::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!signals_) throw_errno(Status::software, "signalfd");
  loop_.watch(signals_.get(), POLLIN, [this](short) {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      take_signal(static_cast<int>(info.ssi_signo));
  });
}

void Service::take_signal(int number) {
  switch (number) {
    case SIGCHLD:
      return supervisor_->reap();
    case SIGHUP:
      read_again();
      return;
    case SIGINT:
      note_interrupt();
      [[fallthrough]];
    case SIGTERM:
      return stop();
    default:
      return;
  }
}

void Service::stop() {
  if (stopping_) {  // asked twice: at once
    supervisor_->kill_all();
    return;
  }
  stopping_ = true;
  notify("STOPPING=1\nSTATUS=stopping");
  watch_.reset();
  supervisor_->stop();
}

bool Service::read_again() {
  if (stopping_) return false;
  notify("STATUS=reading the files again");
  Mistakes mistakes;
  Gateway gateway;
  if (mistakes.attempt([&] { gateway = read_files(options_, mistakes); }) && mistakes.none() &&
      gateway.pipelines.empty()) {
    mistakes.add("no file names a connector");
  }
  if (!mistakes.none()) {
    for (const std::string& text : mistakes.texts())
      tell(log::Level::error, text);
    tell(log::Level::error, "the files are wrong: everything goes on as it was");
    return false;
  }
  for (const std::string& notice : gateway.notices)
    tell(log::Level::warning, notice);
  tell(log::Level::info, "the files were read again");
  supervisor_->apply(std::move(gateway));
  supervisor_->retry();
  desk_->apply();
  watch_files();
  return true;
}

void Service::watch_files() {
  if (!options_.watch) return;
  watch_ = std::make_unique<FileWatch>(loop_, supervisor_->gateway().files, [this] {
    // Not from here: reading again replaces the watch.
    static_cast<void>(loop_.after(Loop::Duration{0}, [this] { read_again(); }));
  });
}

void Service::on_ready() {
  const std::size_t count = supervisor_->gateway().pipelines.size();
  const std::string status = std::to_string(count) + (count == 1 ? " pipeline" : " pipelines");
  tell(log::Level::info, status + " started");
  announce_ready(options_.ready_fd, status);
}

Status Service::run() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // what children leave behind comes to us, not to init
  watch_signals();
  open_desk();
  supervisor_->start();
  desk_->begin();  // before the platform answers: who is not there misses that
  if (remote_) remote_->begin(*supervisor_);
  watch_files();
  loop_.run();
  if (restarting_) start_again();
  return Status::ok;
}

}  // namespace tbgw::run
