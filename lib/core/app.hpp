// SPDX-License-Identifier: Apache-2.0
// The frame of every tool: common options, the command line, the one catch, the end of life.
//
//   int main(int argc, char** argv) {
//     CLI::App app{"Turn device readings into ThingsBoard records", "tbgw-convert"};
//     return tbgw::guarded(app, [&] {
//       Options options;
//       declare(app, options);                      // opens nothing
//       tbgw::parse_command_line(app, options.common, argc, argv);
//       return run(options);                        // acquire, announce ready, loop, drain
//     });
//   }
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/status.hpp"

namespace tbgw {

/// -h -V -v -q --config --stats --ready-fd: the same in every tool.
struct CommonOptions {
  std::string config;                  ///< --config FILE, "" = none
  bool config_is_own = false;          ///< the tool reads it itself (ConfigUse::own)
  std::chrono::milliseconds stats{0};  ///< interval of stats events, 0 = only on SIGUSR1
  int ready_fd = -1;
  int verbose = 0;
  bool quiet = false;
};

enum class ConfigUse {
  options,  ///< the file's keys are this tool's long options: applied by parse_command_line()
  own,      ///< the tool reads the file itself (a connector file)
};

/// Declares the common options and how --help looks (core/help.hpp), with `examples` at its end.
/// `libraries`: what --version adds, a line each ("libmosquitto 2.0.11").
void declare_common(CLI::App& app, CommonOptions& options, ConfigUse use,
                    std::initializer_list<std::string_view> examples,
                    const std::string& libraries = "");

/// Parses flags, then environment, then --config for what is still unset; sets the log level.
/// An unknown key or bad value of the file: Fatal 78 with file:line.
void parse_command_line(CLI::App& app, CommonOptions& options, int argc, char** argv);

/// Runs a tool and returns its exit status. Opens the log; ends with 74 if descriptor 0, 1 or 2 is
/// missing; turns CLI11's errors into 64, Fatal into its status, anything else into 70, each with
/// one line on stderr; ConsumerGone and a SIGINT into death by the signal; and claims success only
/// after stdout was closed without error.
int guarded(CLI::App& app, const std::function<Status()>& body);

// Typed options. Each shows its default and refuses trailing garbage.
CLI::Option* add_whole(CLI::App& app, const std::string& names, std::int64_t least,
                       std::int64_t most, const std::function<void(std::int64_t)>& take,
                       const std::string& help);
/// A whole number from `least` to `most`, both included.
template <class T>
CLI::Option* add_integer(CLI::App& app, const std::string& names, T& value, std::int64_t least,
                         std::int64_t most, const std::string& help) {
  return add_whole(
             app, names, least, most, [&value](std::int64_t n) { value = static_cast<T>(n); }, help)
      ->default_str(std::to_string(value));
}
/// A duration from `least` to `most`, both included.
CLI::Option* add_duration(CLI::App& app, const std::string& names, std::chrono::milliseconds& value,
                          const std::string& help,
                          std::chrono::milliseconds least = std::chrono::milliseconds{0},
                          std::chrono::milliseconds most = std::chrono::milliseconds::max());
/// Bytes, at least `least`.
CLI::Option* add_size(CLI::App& app, const std::string& names, std::uint64_t& value,
                      const std::string& help, std::uint64_t least = 0);
/// Bytes with C escapes ("\r\n") or "hex:0d0a".
CLI::Option* add_bytes(CLI::App& app, const std::string& names, std::string& value,
                       const std::string& help);

}  // namespace tbgw
