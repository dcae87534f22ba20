// SPDX-License-Identifier: Apache-2.0
#include "serial/connector.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/record.hpp"
#include "core/text.hpp"

namespace tbgw::serial {
namespace {

/// Bytes without the end of a frame are worth a hint after this long.
constexpr std::chrono::seconds kUnframed{10};
/// What may pile up beyond the buffer: answers, which cannot be dropped.
constexpr std::size_t kAnswerRoom = std::size_t{1} << 20;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace

Connector::Connector(Loop& loop, Output& output, ConnectorSettings settings, ConnectorHooks hooks)
    : loop_(loop), output_(output), settings_(std::move(settings)), hooks_(std::move(hooks)) {
  for (const PortSetup& setup : settings_.ports)
    add(setup);
}

void Connector::add(const PortSetup& setup) {
  sources_.push_back(std::make_unique<Source>(
      Source{setup, RecordWriter(setup, trust_, settings_.max_record), nullptr, nullptr}));
  Source& source = *sources_.back();
  if (setup.is_stdin()) {
    source.input = std::make_unique<StdinSource>(
        loop_, setup,
        StdinSource::Hooks{[this, &source](Outcome outcome) { take_outcome(source, outcome); },
                           [this] { end_input(); }});
  } else {
    source.link = std::make_unique<Link>(
        loop_, setup,
        LinkHooks{[this, &source](Link&, LinkNews news) { take_news(source, news); },
                  [this] { return may_poll(); }});
  }
}

std::vector<OpenFailure> Connector::open() {
  std::vector<OpenFailure> failures;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Link* link = sources_[i]->link.get();
    if (link == nullptr) continue;
    const auto error = link->open();
    if (!error) continue;
    const bool may_come =
        error->why == PortError::Why::absent || error->why == PortError::Why::busy;
    if (settings_.wait && may_come) {
      link->wait_for(*error);
    } else {
      failures.push_back({i, *error});
    }
  }
  opened_ = true;
  if (failures.empty()) announce_if_ready();
  return failures;
}

void Connector::announce_if_ready() {
  if (!opened_ || ready_) return;
  for (const auto& source : sources_) {
    if (source->link && source->link->is_settling()) return;
  }
  ready_ = true;
  hooks_.ready();
}

void Connector::take_news(Source& source, LinkNews& news) {
  std::visit(Overloaded{[&](Outcome& outcome) { take_outcome(source, outcome); },
                        [&](Notice& notice) {
                          hooks_.say(notice);
                          announce_if_ready();  // perhaps a port was lost while it was watched
                        },
                        [&](Down& down) {
                          output_.push(source.writer.disconnect(down.reason), false);
                          if (!done_) print_fault(source, down.reason);
                          announce_if_ready();
                        }},
             news);
}

void Connector::take_outcome(Source& source, Outcome& outcome) {
  std::visit(Overloaded{[&](Reading& reading) { print_frame(source, reading.frame); },
                        [&](Answer& answer) {
                          output_.push(source.writer.answer(answer, Loop::Clock::now(), now_ms()),
                                       false);
                        },
                        [&](Sent& sent) {
                          if (sent.command.rpc.empty()) return;
                          output_.push(source.writer.sent(sent.command), false);
                        },
                        [&](Failed& failed) { print_failure(source, failed); },
                        [&](PollFault& fault) {
                          hooks_.say({log::Level::warning, source.setup.name + ": " + fault.text});
                          print_fault(source, fault.text);
                        },
                        [&](Up& up) {
                          if (!source.link) return;
                          if (up.was_busy) {
                            hooks_.say({log::Level::info,
                                        source.setup.name +
                                            ": the line was busy when it was opened; bytes up to "
                                            "the first boundary are thrown away"});
                          }
                          hooks_.opened(source.setup.name, source.link->real_path());
                          output_.push(source.writer.connect(), false);
                          announce_if_ready();
                        }},
             outcome);
}

void Connector::print_frame(Source& source, const Frame& frame) {
  if (enough()) return;
  ++frames_;
  // Standard input can wait (keep_up() sees to that), a device cannot.
  const bool droppable = source.link != nullptr;
  output_.push(source.writer.frame(frame, Loop::Clock::now(), now_ms()), droppable);
  if (enough()) hooks_.done();
}

/// As many frames as were asked for are printed, or wait to be.
bool Connector::enough() const {
  return settings_.count > 0 && frames_ - output_.dropped() >= settings_.count;
}

void Connector::print_failure(Source& source, const Failed& failed) {
  if (failed.command.rpc.empty()) {
    hooks_.say({log::Level::warning, source.setup.name + ": command " +
                                         in_quotes(failed.command.bytes) + ": " + failed.why});
  } else {
    output_.push(source.writer.failed(failed.command, failed.why), false);
  }
}

void Connector::print_fault(Source& source, const std::string& text) {
  output_.push(source.writer.fault(text), false);
}

Result<void> Connector::command(std::span<const JsonMember> members) {
  auto command = parse_command(members);
  const Command address = addressed(members);
  auto source = command ? pick(*command) : Result<Source*>{command.error()};
  if (source) {
    (*source)->link->submit(*std::move(command));
    return {};
  }
  if (command) ++misdirected_;
  if (!address.rpc.empty()) {
    output_.push(outcome_line(address.device, address.port, address.rpc,
                              "\"error\":" + json_string(source.error().text)),
                 false);
    if (command) return {};  // a good command that was answered
  }
  return source.error();
}

/// By device, else by port, else the only port. A port that was told its device never takes
/// another's command.
Result<Connector::Source*> Connector::pick(const Command& command) {
  std::vector<Source*> fitting;
  for (const auto& source : sources_) {
    const PortSetup& setup = source->setup;
    if (!source->link) continue;
    if (!command.device.empty() && setup.device == command.device) return source.get();
    const bool other_device =
        !command.device.empty() && !setup.device.empty() && setup.device != command.device;
    const bool other_port = !command.port.empty() && setup.name != command.port;
    if (!other_device && !other_port) fitting.push_back(source.get());
  }
  if (fitting.size() == 1) return fitting.front();
  const std::string whom = !command.device.empty() ? "device " + in_quotes(command.device)
                           : !command.port.empty() ? "port " + in_quotes(command.port)
                                                   : "a command that names neither device nor port";
  return Error{(fitting.empty() ? "no port here is for " : "several ports could be for ") + whom};
}

bool Connector::may_poll() const {
  return output_.waiting_bytes() < settings_.buffer / 4 * 3;
}

bool Connector::is_full() const {
  return output_.waiting_bytes() > settings_.buffer + kAnswerRoom;
}

void Connector::keep_up() {
  const std::size_t waiting = output_.waiting_bytes();
  for (const auto& source : sources_) {
    tell_thrown_away(*source);
    tell_unframed(*source);
    if (!source->input) continue;
    if (waiting > settings_.buffer / 2) source->input->set_paused(true);
    if (waiting <= settings_.buffer / 4) source->input->set_paused(false);
  }
  if (!dropping_ && output_.dropped() > dropped_before_) {
    dropping_ = true;
    hooks_.say({log::Level::warning,
                "standard output is blocked and the buffer is full: the oldest frames go"});
  }
  if (dropping_ && waiting <= settings_.buffer / 2) end_dropping();
}

void Connector::tell_thrown_away(Source& source) {
  const FrameCounts& counts = source.session().frame_counts();
  if (counts.too_long == source.told.too_long) return;
  source.told = counts;
  hooks_.say({log::Level::warning, source.setup.name + ": a frame longer than " +
                                       std::to_string(source.setup.session.frames.max_frame) +
                                       " bytes is thrown away (see --delimiter, --max-frame)"});
}

/// A device whose frames end in another way than we were told looks like one that is silent.
void Connector::tell_unframed(Source& source) {
  const FrameCounts& counts = source.session().frame_counts();
  if (counts.bytes == 0 || counts.frames + counts.too_long > 0) return;
  const Time now = Loop::Clock::now();
  if (!source.unframed) source.unframed = now;
  if (now - *source.unframed < kUnframed) return;
  source.unframed = Time::max();  // said once
  hooks_.say({log::Level::warning,
              source.setup.name + ": " + std::to_string(counts.bytes) +
                  " bytes came, but no frame has ended: how do frames end? (see --delimiter)"});
}

/// One fault for each time stdout was blocked, with the exact number.
void Connector::end_dropping() {
  const std::uint64_t lost = output_.dropped() - dropped_before_;
  const std::string text =
      "standard output was blocked: " + std::to_string(lost) + " frames dropped";
  hooks_.say({log::Level::warning, text});
  output_.push(fault_line("tbgw-serial", text, "", {{"dropped", lost}}), false);
  dropped_before_ = output_.dropped();
  dropping_ = false;
}

void Connector::end_input() {
  for (const auto& source : sources_) {
    tell_thrown_away(*source);
    const FrameCounts& counts = source->session().frame_counts();
    if (source->input && counts.discarded > 0) {
      hooks_.say({log::Level::warning, "standard input: " + std::to_string(counts.discarded) +
                                           " pieces without a whole frame were thrown away"});
    }
  }
  const bool alone = std::none_of(sources_.begin(), sources_.end(),
                                  [](const auto& source) { return source->link != nullptr; });
  if (alone) hooks_.done();
}

void Connector::stop(const std::string& reason) {
  done_ = true;
  if (dropping_) end_dropping();
  for (const auto& source : sources_) {
    if (source->link) source->link->stop(reason);
    if (source->input) source->input->stop();
  }
}

Totals Connector::totals() const {
  Totals totals;
  totals.dropped = output_.dropped();
  totals.exchange.rejected = misdirected_;
  for (const auto& source : sources_) {
    totals.add(source->session().frame_counts());
    totals.add(source->session().exchange_counts());
    totals.bad_bytes += source->session().bad_bytes();
    totals.repeated_stamps += source->writer.repeated_stamps();
    if (!source->link) continue;
    totals.reconnects += source->link->reconnects();
    if (const auto counted = source->link->line_errors()) totals.add(*counted);
  }
  return totals;
}

}  // namespace tbgw::serial
