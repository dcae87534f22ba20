// SPDX-License-Identifier: Apache-2.0
// tbgw-convert: raw records in, readings out; with --downlink events in, commands out.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convert/downlink.hpp"
#include "convert/explain.hpp"
#include "convert/import.hpp"
#include "convert/suggest.hpp"
#include "convert/uplink.hpp"
#include "core/app.hpp"
#include "core/config.hpp"
#include "core/filter.hpp"
#include "core/log.hpp"
#include "core/ready.hpp"
#include "core/record.hpp"
#include "core/rejects.hpp"
#include "core/signals.hpp"

namespace tbgw {
namespace {

struct Options {
  CommonOptions common;
  std::string map;
  std::vector<std::string> files;
  std::string rejects;
  std::string suggest;
  std::uint64_t max_record = kMaxRecord;
  std::chrono::milliseconds drain_timeout{kDrainTimeout};
  const CLI::Option* drain_option = nullptr;
  bool downlink = false;
  bool check = false;
  bool explain = false;
  bool strict = false;
  bool compat = false;
};

void declare(CLI::App& app, Options& options) {
  declare_common(app, options.common, ConfigUse::options,
                 {"tbgw-serial /dev/ttyUSB0 | tbgw-convert map.json | tbgw-push",
                  "tbgw-convert --explain map.json capture.ndjson",
                  "tbgw-convert --suggest capture.ndjson >map.toml"});
  app.add_option("MAP", options.map, "What the bytes mean: a map, or the connector's own file");
  app.add_option("FILE", options.files, "Records to convert, in this order (default: -, stdin)");
  app.add_flag("--downlink", options.downlink, "The way down: events in, commands out");
  app.add_flag("--check", options.check, "Check MAP and exit");
  app.add_flag("--explain", options.explain, "Tell what becomes of each line, and why, instead");
  app.add_option("--suggest", options.suggest,
                 "Print a map that fits the records in CAPTURE, as a start")
      ->type_name("CAPTURE");
  app.add_flag("--strict", options.strict, "Stop at the first line that cannot be converted");
  app.add_flag("--compat", options.compat, "Do as the reference gateway where we differ");
  app.add_option("--rejects", options.rejects,
                 "Append lines that could not be converted, or not wholly, to FILE")
      ->type_name("FILE");
  add_size(app, "--max-record", options.max_record, "Reject lines longer than this", 1);
  options.drain_option =
      add_duration(app, "--drain-timeout", options.drain_timeout,
                   "Give up writing this long after SIGTERM; if given, after the end of input too");
}

class Tool {
 public:
  Tool(const Options& options, const convert::Map& map)
      : options_(options), up_(map), down_(map), rejects_(options.rejects, options.files) {
    if (options.explain) explainer_.emplace(map, options.downlink);
  }

  FilterHooks hooks() {
    return {[this](const Line& line, const std::string& input, LineWriter& out) {
              take(line, input, out);
            },
            [this](LineWriter& out) { write_stats(out); }, [this] { return up_.reporter().due(); },
            [this](LineWriter& out) { release(out, false); }};
  }

  /// The values that report strategies held back; `all`: whether their time has come or not.
  void release(LineWriter& out, bool all) {
    if (explainer_ || options_.downlink) return;
    up_.reporter().release(out.buffer(), all);
    out.end_record();
  }

  [[nodiscard]] Status status() const {
    if (rejects_.told() == 0) return Status::ok;
    log::info(std::to_string(rejects_.told()) + " lines could not be converted, or not wholly");
    return Status::data_error;
  }

 private:
  void take(const Line& line, const std::string& input, LineWriter& out) {
    convert::Outcome outcome;
    if (explainer_) {
      outcome = explainer_->explain(line, place(line, input), out.buffer());
    } else if (options_.downlink) {
      outcome = down_.convert(line, out.buffer());
    } else {
      outcome = up_.convert(line, out.buffer());
    }
    out.end_record();
    if (!outcome.note.empty() && log::enabled(log::Level::info)) {
      log::limited(log::Level::info, "notes",
                   place(line, input) + ": " + std::string{outcome.note});
    }
    if (!outcome.notice.empty() && !explainer_) {
      log::warn(place(line, input) + ": " + std::string{outcome.notice});
    }
    if (!outcome.rejected.empty()) reject(line, input, outcome.rejected, out);
  }

  void reject(const Line& line, const std::string& input, std::string_view reason,
              LineWriter& out) {
    // Of a line that was too long only the beginning is there: nothing to pipe back.
    if (!line.too_long) rejects_.keep(line.text);
    if (options_.strict) {
      out.flush();
      throw Fatal(Status::data_error, place(line, input) + ": " + std::string{reason});
    }
    rejects_.tell(input, line.number, reason);
  }

  static std::string place(const Line& line, const std::string& input) {
    return input + ":" + std::to_string(line.number);
  }

  void write_stats(LineWriter& out) {
    if (explainer_) return;
    const std::string text = options_.downlink ? downlink_stats() : uplink_stats();
    out.line(text);
  }

  std::string uplink_stats() {
    const auto& counts = up_.counts();
    return stats_line("tbgw-convert", "",
                      {{"lines", counts.lines},
                       {"converted", counts.converted},
                       {"answers", counts.answers},
                       {"passed", counts.passed},
                       {"rejected", counts.rejected},
                       {"held", up_.reporter().held()},
                       {"rejectedFields", counts.rejected_fields},
                       {"tooLong", counts.too_long}});
  }

  [[nodiscard]] std::string downlink_stats() const {
    const auto& counts = down_.counts();
    return stats_line("tbgw-convert", "downlink",
                      {{"lines", counts.lines},
                       {"commands", counts.commands},
                       {"rpcErrors", counts.rpc_errors},
                       {"ignored", counts.ignored},
                       {"deleted", counts.deleted},
                       {"passed", counts.passed},
                       {"rejected", counts.rejected}});
  }

  const Options& options_;
  convert::Uplink up_;
  convert::Downlink down_;
  std::optional<convert::Explainer> explainer_;
  Rejects rejects_;
};

/// A map for a capture, as a start.
Status suggest(const Options& options) {
  if (!options.map.empty()) {
    throw Fatal(Status::usage, "--suggest CAPTURE makes a map: none can stand beside it");
  }
  Signals signals;
  LineWriter out(1);
  convert::Suggester suggester;
  FilterHooks hooks;
  hooks.line = [&](const Line& line, const std::string&, LineWriter&) { suggester.add(line); };
  hooks.stats = [](LineWriter&) {};
  FilterOptions filter;
  filter.max_record = options.max_record;
  filter.inputs = {options.suggest};
  run_filter(filter, hooks, signals, out);
  const std::string map = suggester.map(options.suggest);
  if (map.empty()) {
    throw Fatal(Status::data_error,
                options.suggest + ": " +
                    (suggester.raw_records() == 0
                         ? "no raw records in it: capture what a connector prints, such as "
                           "tbgw-serial PORT >" +
                               options.suggest
                         : "nothing in its " + std::to_string(suggester.raw_records()) +
                               " raw records says anything"));
  }
  out.buffer() += map;
  out.end_record();
  out.flush();
  return Status::ok;
}

Status run(const Options& options) {
  if (!options.suggest.empty()) return suggest(options);
  if (options.map.empty()) throw CLI::RequiredError("MAP");
  const convert::Imported imported = convert::import_map(load_config(options.map), options.compat);
  for (const std::string& notice : imported.notices)
    log::warn(notice);
  if (options.check) return Status::ok;
  Signals signals;
  LineWriter out(1);
  Tool tool(options, imported.map);
  FilterOptions filter;
  filter.max_record = options.max_record;
  if (options.drain_option->count() > 0) filter.drain_timeout = options.drain_timeout;
  filter.stats = options.common.stats;
  filter.inputs = options.files;
  announce_ready(options.common.ready_fd, "converting");
  run_filter(filter, tool.hooks(), signals, out);
  tool.release(out, true);
  out.flush();
  return tool.status();
}

}  // namespace
}  // namespace tbgw

int main(int argc, char** argv) {
  CLI::App app{"Turn device readings into ThingsBoard records", "tbgw-convert"};
  return tbgw::guarded(app, [&] {
    tbgw::Options options;
    tbgw::declare(app, options);
    tbgw::parse_command_line(app, options.common, argc, argv);
    return tbgw::run(options);
  });
}
