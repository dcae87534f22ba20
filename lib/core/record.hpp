// SPDX-License-Identifier: Apache-2.0
// The lines that pass between the tools: tbgw-record(5) in code. What kind a line is, and how our
// tools write each kind. Member names are ThingsBoard's own.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json_view.hpp"
#include "core/time.hpp"

namespace tbgw {

/// Decided in this order by the members a line has; a leading _n or _t is skipped.
enum class LineKind {
  hello,    ///< `spool`: first line of a spool's output
  event,    ///< `event`
  command,  ///< `send`: bytes for a device
  answer,   ///< `rpc`: what came of a command (the frame is in `data`, or `sent`, or `error`)
  raw,      ///< `data`
  reading,  ///< everything else
};
LineKind kind_of(std::span<const JsonMember> members);

/// The member of a raw record that says where it came from: serial `port`, mqtt `topic`, http and
/// rest `url`, socket `address`, ftp `path`, can `node`, ble `address`, xmpp `jid`, ocpp
/// `chargePoint`. "" for a source we do not know.
std::string_view address_member(std::string_view source);

/// A raw record: bytes of a device as they came. Empty views are left out when written.
struct RawRecord {
  EpochMs ts = 0;             ///< at the first byte
  std::string_view source;    ///< "serial"
  std::string_view address;   ///< value of address_member(source)
  std::string_view device;    ///< when the connector was told one
  std::string_view data;      ///< text, or what `encoding` says; valid UTF-8
  std::string_view encoding;  ///< "" = text, "hex", "base64"
  std::string_view clock;     ///< `"clock":{…}` from ClockTrust, for a doubtful stamp
  std::string_view rpc;       ///< raw JSON of the command's rpc: this is the answer to it
};
/// Appends the record as one line, newline included.
void append_raw(std::string& out, const RawRecord& record);

/// An event, as one line without newline: `event` first, then `device` ("" = left out), then the
/// members in their order.
std::string event_line(std::string_view event, std::string_view device,
                       const nlohmann::ordered_json& members);

using Counters = std::vector<std::pair<std::string_view, std::uint64_t>>;
/// {"event":"stats","tool":…,"name":…,"counters":{…}}; `name` "" is left out. No newline.
std::string stats_line(std::string_view tool, std::string_view name, const Counters& counters);
/// {"event":"fault","tool":…,"text":…,…more}. No newline.
std::string fault_line(std::string_view tool, std::string_view text, std::string_view device,
                       const nlohmann::ordered_json& more);

}  // namespace tbgw
