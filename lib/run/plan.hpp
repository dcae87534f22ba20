// SPDX-License-Identifier: Apache-2.0
// What a gateway consists of, as its files say it: one platform, one spool, one router, and any
// number of pipelines. Pure data; layout.hpp makes processes of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/log.hpp"

namespace tbgw::run {

using Argv = std::vector<std::string>;

/// When a program of a pipeline that ended is started again. A wrong command line or file (64, 78)
/// never is, until a file changes.
enum class Restart {
  always,      ///< also if it ended with 0
  on_failure,  ///< 0 and 65 mean: done
  never,
};

/// What a program of a pipeline may use; unset = as we may ourselves. See setrlimit(2).
struct Limits {
  std::optional<std::uint64_t> memory;  ///< bytes of address space
  std::optional<std::int64_t> open_files;
  std::optional<std::int64_t> nice;  ///< added to our own niceness, 0 to 19
  bool operator==(const Limits&) const = default;
};

/// connector | tbgw-convert MAP | filters, and back. Two that are equal need no restart.
struct Pipeline {
  std::string name;           ///< its identity: route, logs, statistics, remote configuration
  std::string type;           ///< the reference's word: "serial", "modbus", … or "custom"
  std::string file;           ///< its connector file; "" = it is a command without one
  Argv connector;             ///< argv[0] is a program's name or path
  std::string map;            ///< what tbgw-convert reads; "" = the connector prints readings
  bool downlink = false;      ///< tbgw-convert --downlink MAP stands before the connector
  std::vector<Argv> filters;  ///< behind tbgw-convert, in this order
  std::map<std::string, std::string> environment;
  Limits limits;
  Restart restart = Restart::always;
  std::optional<log::Level> level;  ///< unset: the gateway's
  bool silent = false;              ///< logLevel NONE
  bool remote_logging = false;      ///< enableRemoteLogging
  std::string place;                ///< "tb_gateway.json:41": who said so
  std::size_t content = 0;          ///< tells what its files say from what they said before
  bool operator==(const Pipeline&) const = default;
};

/// Whom tbgw-push serves. Secrets are not in `options`: they never stand on a command line.
struct Platform {
  std::vector<std::string> urls;  ///< none: tbgw-push finds URL and credentials by itself
  Argv options;                   ///< long options of tbgw-push
  /// Secrets that stood in a file of the reference, by tbgw-push's option that takes them from a
  /// file ("token-file", "user-file", "password-file", "provision").
  std::map<std::string, std::string> secrets;
  bool operator==(const Platform&) const = default;
};

struct Spool {
  bool memory = false;
  std::string folder;  ///< "" with memory
  Argv options;        ///< long options of tbgw-spool
  bool operator==(const Spool&) const = default;
};

struct Route {
  Argv options;  ///< long options of tbgw-route
  bool operator==(const Route&) const = default;
};

/// A command whose output becomes telemetry of the gateway (the reference's custom statistics).
struct CustomStatistic {
  std::string key;  ///< attributeOnGateway
  Argv command;     ///< no shell
  std::chrono::milliseconds timeout{0};
  bool operator==(const CustomStatistic&) const = default;
};

struct Statistics {
  bool enabled = true;
  std::chrono::milliseconds interval{60'000};
  std::chrono::milliseconds custom_interval{3'600'000};
  std::vector<CustomStatistic> custom;
  bool operator==(const Statistics&) const = default;
};

/// What the platform may do to us.
struct Remote {
  bool configuration = false;  ///< change our files by shared attributes
  /// The fixed commands that it may have run, by name; none = no remote shell.
  std::map<std::string, Argv> commands;
  /// Started with the name of a fetched image behind it; empty = images are not asked for.
  Argv installer;
  bool operator==(const Remote&) const = default;
};

struct Logging {
  log::Level level = log::Level::warning;
  // The reference's logs.json tells its parts apart; unset: as above.
  std::optional<log::Level> connectors;
  std::optional<log::Level> converters;
  std::optional<log::Level> storage;
  std::optional<log::Level> connection;
  bool remote = false;  ///< log lines as telemetry of the gateway
  bool operator==(const Logging&) const = default;
};

struct Gateway {
  std::vector<std::string> files;  ///< every file that was read: the main one first
  bool reference = false;          ///< the main file is the reference's tb_gateway.json
  Platform platform;
  Spool spool;
  Route route;
  Statistics statistics;
  Remote remote;
  Logging logging;
  std::string metrics;  ///< where Prometheus is served: "127.0.0.1:9100", a path; "" = nowhere
  std::vector<Pipeline> pipelines;
  /// What is understood and has no effect, or is not done, each with its place.
  std::vector<std::string> notices;
};

}  // namespace tbgw::run
