// SPDX-License-Identifier: Apache-2.0
#include "serial/setup.hpp"

#include <algorithm>

#include "core/number.hpp"
#include "core/text.hpp"
#include "serial/usb_name.hpp"

namespace tbgw::serial {
namespace {

template <class T, class U>
void set(T& to, const std::optional<U>& from) {
  if (from) to = *from;
}

void apply_line(const PortOptions& options, LineSettings& line) {
  set(line.baud, options.baud);
  set(line.data_bits, options.data_bits);
  set(line.parity, options.parity);
  set(line.stop_bits, options.stop_bits);
  set(line.flow, options.flow);
  set(line.dtr, options.dtr);
  set(line.rts, options.rts);
  set(line.lock, options.lock);
  const bool details =
      options.rs485_rts_high || options.rs485_delay_before || options.rs485_delay_after;
  if (options.rs485.value_or(details)) {
    if (!line.rs485) line.rs485.emplace();
  } else if (options.rs485) {
    line.rs485.reset();
  }
  if (!line.rs485) return;
  set(line.rs485->rts_high_while_sending, options.rs485_rts_high);
  set(line.rs485->delay_before, options.rs485_delay_before);
  set(line.rs485->delay_after, options.rs485_delay_after);
}

/// The kind that these options choose; nullopt if they choose none.
Result<std::optional<FrameKind>> chosen_kind(const PortOptions& options) {
  std::vector<FrameKind> kinds;
  if (!options.delimiters.empty()) kinds.push_back(FrameKind::delimiter);
  if (options.frame_length) kinds.push_back(FrameKind::length);
  if (options.length_prefix) kinds.push_back(FrameKind::length_prefix);
  if (options.start || options.stop) kinds.push_back(FrameKind::start);
  if (options.slip) kinds.push_back(FrameKind::slip);
  if (options.cobs) kinds.push_back(FrameKind::cobs);
  if (kinds.size() > 1) {
    return Error{
        "choose one kind of framing: delimiter, frame length, length prefix, start, SLIP "
        "or COBS"};
  }
  if (kinds.size() == 1) return std::optional{kinds.front()};
  if (options.gap)
    return std::optional{FrameKind::gap};  // alone; beside another kind it adds to it
  return std::optional<FrameKind>{};
}

Result<void> apply_frames(const PortOptions& options, FrameSettings& frames) {
  const auto kind = chosen_kind(options);
  if (!kind) return kind.error();
  if (*kind) {
    const FrameSettings before = frames;
    frames = FrameSettings{};
    frames.kind = **kind;
    frames.strip = before.strip;
    frames.max_frame = before.max_frame;
  }
  if (!options.delimiters.empty()) frames.delimiters = options.delimiters;
  set(frames.length, options.frame_length);
  set(frames.gap, options.gap);
  set(frames.prefix, options.length_prefix);
  set(frames.start, options.start);
  set(frames.stop, options.stop);
  set(frames.strip, options.strip);
  set(frames.max_frame, options.max_frame);
  return {};
}

void apply_poll(const PortOptions& options, Poll& poll) {
  set(poll.bytes, options.poll);
  set(poll.every, options.every);
  set(poll.answer_timeout, options.answer_timeout);
  set(poll.retries, options.retries);
}

Result<void> check_poll(const PortSetup& setup) {
  const Poll& poll = setup.session.poll;
  if (poll.bytes.empty()) return {};
  if (setup.is_stdin()) return Error{"nothing can be polled through standard input"};
  if (poll.every.count() < 1) return Error{"polls must be at least 1ms apart"};
  if (poll.answer_timeout.count() < 1) return Error{"an answer must be given at least 1ms"};
  return {};
}

}  // namespace

Result<Encoding> parse_encoding(std::string_view text) {
  if (text == "text") return Encoding::text;
  if (text == "hex") return Encoding::hex;
  if (text == "base64") return Encoding::base64;
  if (text == "latin-1" || text == "latin1") return Encoding::latin1;
  return Error{in_quotes(text) + " is not one of text, hex, base64, latin-1"};
}

Result<First> parse_first(std::string_view text) {
  if (text == "auto") return First::automatic;
  if (text == "keep") return First::keep;
  if (text == "drop") return First::drop;
  return Error{in_quotes(text) + " is not one of auto, keep, drop"};
}

Result<std::string> parse_bytes(std::string_view text) {
  constexpr std::string_view kHex = "hex:";
  if (text.substr(0, kHex.size()) == kHex) return parse_hex(text.substr(kHex.size()));
  return parse_escapes(text);
}

Result<LengthPrefix> parse_length_prefix(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    parts.push_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  const Error wrong{in_quotes(text) + " is not OFFSET,WIDTH[,be|le[,ADJUST]], like 2,2,be,0"};
  if (parts.size() < 2 || parts.size() > 4) return wrong;
  const auto offset = parse_integer(parts[0], 0, 65535);
  const auto width = parse_integer(parts[1], 1, 4);
  if (!offset || !width) return wrong;
  LengthPrefix prefix{static_cast<std::size_t>(*offset), static_cast<std::size_t>(*width)};
  if (parts.size() > 2) {
    if (parts[2] != "be" && parts[2] != "le") return wrong;
    prefix.big_endian = parts[2] == "be";
  }
  if (parts.size() > 3) {
    const auto adjust = parse_integer(parts[3], -65536, 65536);
    if (!adjust) return wrong;
    prefix.adjust = *adjust;
  }
  return prefix;
}

Result<void> apply(const PortOptions& options, PortSetup& setup) {
  apply_line(options, setup.line);
  if (auto done = apply_frames(options, setup.session.frames); !done) return done;
  apply_poll(options, setup.session.poll);
  set(setup.session.first, options.first);
  set(setup.session.write_timeout, options.write_timeout);
  set(setup.encoding, options.encoding);
  return {};
}

Result<void> check(const PortSetup& setup, std::uint64_t max_record) {
  if (is_usb_name(setup.name)) {
    if (const auto usb = parse_usb_name(setup.name); !usb) return usb.error();
  }
  if (auto good = check(setup.line); !good) return good;
  if (auto good = check(setup.session.frames); !good) return good;
  if (auto good = check_poll(setup); !good) return good;
  // Twice as hexadecimal digits, beside the other members.
  constexpr std::uint64_t kOthers = 1024;
  const std::uint64_t others = kOthers + 2 * (setup.name.size() + setup.device.size());
  if (2 * std::uint64_t{setup.session.frames.max_frame} + others > max_record) {
    return Error{"the longest frame (" + std::to_string(setup.session.frames.max_frame) +
                 " bytes) does not fit into the longest record (" + std::to_string(max_record) +
                 "): a record may need two characters a byte"};
  }
  return {};
}

}  // namespace tbgw::serial
