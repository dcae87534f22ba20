// SPDX-License-Identifier: Apache-2.0
// The gateway service: signals, the supervisor, what is said where, files that change.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.hpp"
#include "core/loop.hpp"
#include "core/status.hpp"
#include "run/control.hpp"
#include "run/desk.hpp"
#include "run/file_watch.hpp"
#include "run/gateway_file.hpp"
#include "run/log_files.hpp"
#include "run/remote_link.hpp"
#include "run/supervisor.hpp"

namespace tbgw::run {

struct ServiceOptions {
  std::vector<std::string> files;
  std::string state;
  std::string runtime;
  std::string tools;  ///< folder of our own programs
  bool skip_missing = false;
  bool watch = false;      ///< changed files are read again by themselves
  std::string log_folder;  ///< "" = standard error
  std::uint64_t log_size = std::uint64_t{1} << 20;
  int log_files = 5;
  std::optional<log::Level> level;          ///< -v, -q: instead of what the files say
  std::chrono::milliseconds stats{10'000};  ///< between the stats events of the tools
  int ready_fd = -1;
};

/// Reads the files of a gateway as `options` say. Mistakes are those of all of them.
Gateway read_files(const ServiceOptions& options, Mistakes& mistakes);

class Service {
 public:
  /// Fatal 78 with all mistakes; 73, 75, 77 for the folders.
  explicit Service(ServiceOptions options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Until SIGTERM or SIGINT, and everything has ended.
  Status run();

 private:
  void watch_signals();
  void take_signal(int number);
  bool read_again();
  void open_remote(Gateway& gateway);
  void heard(const Process& process, const Pipeline* pipeline, log::Level level,
             std::string_view text);
  void tell(log::Level level, const std::string& text);
  void on_ready();
  void watch_files();
  void open_desk();
  void stop();

  ServiceOptions options_;
  Loop loop_;
  Fd signals_;
  Fd lock_;
  LogFiles logs_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<RemoteLink> remote_;  ///< none: the platform may not change our files
  std::unique_ptr<Control> control_;
  std::unique_ptr<FileWatch> watch_;
  bool stopping_ = false;
  bool restarting_ = false;
};

}  // namespace tbgw::run
