// SPDX-License-Identifier: Apache-2.0
#include "serial/totals.hpp"

namespace tbgw::serial {

void Totals::add(const FrameCounts& more) {
  frames.bytes += more.bytes;
  frames.frames += more.frames;
  frames.discarded += more.discarded;
  frames.too_long += more.too_long;
}

void Totals::add(const ExchangeCounts& more) {
  exchange.commands += more.commands;
  exchange.answers += more.answers;
  exchange.timeouts += more.timeouts;
  exchange.rejected += more.rejected;
  exchange.late_answers += more.late_answers;
  exchange.polls += more.polls;
  exchange.poll_misses += more.poll_misses;
  exchange.polls_skipped += more.polls_skipped;
}

void Totals::add(const LineErrors& more) {
  driver_counts = true;
  line_errors.frame += more.frame;
  line_errors.parity += more.parity;
  line_errors.breaks += more.breaks;
  line_errors.overrun += more.overrun;
  line_errors.buffer_overrun += more.buffer_overrun;
}

Counters Totals::counters() const {
  Counters out{{"bytes", frames.bytes},
               {"frames", frames.frames},
               {"dropped", dropped},
               {"discarded", frames.discarded},
               {"tooLong", frames.too_long},
               {"badBytes", bad_bytes},
               {"commands", exchange.commands},
               {"answers", exchange.answers},
               {"timeouts", exchange.timeouts},
               {"lateAnswers", exchange.late_answers},
               {"commandsRejected", exchange.rejected},
               {"polls", exchange.polls},
               {"pollMisses", exchange.poll_misses},
               {"pollsSkipped", exchange.polls_skipped},
               {"reconnects", reconnects},
               {"repeatedStamps", repeated_stamps}};
  if (!driver_counts) return out;
  out.insert(out.end(), {{"frameErrors", line_errors.frame},
                         {"parityErrors", line_errors.parity},
                         {"breaks", line_errors.breaks},
                         {"overruns", line_errors.overrun},
                         {"bufferOverruns", line_errors.buffer_overrun}});
  return out;
}

}  // namespace tbgw::serial
