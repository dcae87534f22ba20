// SPDX-License-Identifier: Apache-2.0
// All ports of one process: their records go to one output, commands to the port they are for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_view.hpp"
#include "core/output.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "serial/link.hpp"
#include "serial/records.hpp"
#include "serial/stdin_source.hpp"
#include "serial/totals.hpp"

namespace tbgw::serial {

struct ConnectorSettings {
  std::vector<PortSetup> ports;
  std::size_t buffer = std::size_t{16} << 20;  ///< the limit of the output
  std::size_t max_record = std::size_t{256} << 10;
  bool wait = false;        ///< for ports that are absent or busy at the start
  std::uint64_t count = 0;  ///< end after so many frames; 0 = never
};

struct ConnectorHooks {
  /// For a person. May repeat without end.
  std::function<void(const Notice&)> say;
  /// The port of this name was opened; `path` is the device it is now.
  std::function<void(const std::string& name, const std::string& path)> opened;
  /// Every port that could be opened was watched; called once.
  std::function<void()> ready;
  /// Nothing more will come: the input ended, or enough frames came. The loop should end.
  std::function<void()> done;
};

/// A port that could not be opened and is not waited for.
struct OpenFailure {
  std::size_t port = 0;  ///< index into ConnectorSettings::ports
  PortError error;
};

class Connector {
 public:
  /// Opens nothing yet. Loop and output must outlive this object.
  Connector(Loop& loop, Output& output, ConnectorSettings settings, ConnectorHooks hooks);

  /// Opens all ports. If any is returned, the connector must not be used.
  std::vector<OpenFailure> open();
  /// One command line. An Error makes it a rejected line.
  Result<void> command(std::span<const JsonMember> members);
  /// Before each wait: says what was dropped, holds back or lets go what can wait.
  void keep_up();
  /// Answers pile up because stdout takes nothing: take no more commands.
  [[nodiscard]] bool is_full() const;
  /// Closes all ports; what was framed and the last events are in the output.
  void stop(const std::string& reason);
  [[nodiscard]] Totals totals() const;

 private:
  struct Source {
    PortSetup setup;
    RecordWriter writer;
    std::unique_ptr<Link> link;
    std::unique_ptr<StdinSource> input;
    FrameCounts told = {};              ///< what was thrown away up to here has been said
    std::optional<Time> unframed = {};  ///< bytes come since then, and no frame has ended
    [[nodiscard]] const Session& session() const {
      return link ? link->session() : input->session();
    }
  };
  void add(const PortSetup& setup);
  void take_news(Source& source, LinkNews& news);
  void take_outcome(Source& source, Outcome& outcome);
  void print_frame(Source& source, const Frame& frame);
  void print_failure(Source& source, const Failed& failed);
  void print_fault(Source& source, const std::string& text);
  void announce_if_ready();
  void tell_thrown_away(Source& source);
  void tell_unframed(Source& source);
  void end_input();
  void end_dropping();
  Result<Source*> pick(const Command& command);
  [[nodiscard]] bool may_poll() const;
  [[nodiscard]] bool enough() const;

  Loop& loop_;
  Output& output_;
  ConnectorSettings settings_;
  ConnectorHooks hooks_;
  ClockTrust trust_;
  std::vector<std::unique_ptr<Source>> sources_;
  bool opened_ = false;
  bool ready_ = false;
  bool done_ = false;
  std::uint64_t frames_ = 0;          ///< handed to the output
  std::uint64_t misdirected_ = 0;     ///< commands for no port of ours
  std::uint64_t dropped_before_ = 0;  ///< until the last time stdout was blocked
  bool dropping_ = false;
};

}  // namespace tbgw::serial
