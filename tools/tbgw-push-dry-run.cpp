// SPDX-License-Identifier: Apache-2.0
// tbgw-push --dry-run: what would be sent, and what is wrong with a record.
#include <unistd.h>

#include "core/filter.hpp"
#include "core/log.hpp"
#include "core/output.hpp"
#include "core/ready.hpp"
#include "core/time.hpp"
#include "tb/gateway.hpp"
#include "tbgw-push-options.hpp"

namespace tbgw {

void reject(Rejects& rejects, const std::vector<tb::Problem>& problems, const Line& line) {
  for (const tb::Problem& problem : problems) {
    rejects.tell("stdin", problem.record, problem.reason);
  }
  if (!problems.empty() && !line.too_long) rejects.keep(line.text);
}

Status dry_run(const PushOptions& options, Signals& signals) {
  tb::UplinkOptions alone = options.uplink;
  alone.merge = false;
  alone.ask_limits = false;
  alone.clock = nullptr;
  tb::Gateway gateway(alone);
  tb::Uplink& uplink = gateway.uplink;
  Rejects rejects(options.rejects);
  FilterHooks hooks;
  hooks.line = [&](const Line& line, const std::string& /*input*/, LineWriter& out) {
    const Loop::Time now{};
    uplink.line(line, now_ms(), now);
    reject(rejects, uplink.take_problems(), line);
    for (const std::string& fault : uplink.take_faults())
      log::warn(fault);
    int id = 0;
    while (const tb::Message* const message = uplink.next(now)) {
      out.line(message->topic + "\t" + message->payload);
      uplink.sent(++id, now);
      uplink.acknowledged(id);
    }
  };
  hooks.stats = [](LineWriter& /*out*/) {};
  FilterOptions filter;
  filter.max_record = options.max_record;
  if (options.drain_option->count() > 0) filter.drain_timeout = options.drain_timeout;
  LineWriter out(STDOUT_FILENO);
  announce_ready(options.common.ready_fd, "dry run");
  run_filter(filter, hooks, signals, out);
  return rejects.told() > 0 ? Status::data_error : Status::ok;
}

}  // namespace tbgw
