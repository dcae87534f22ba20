// SPDX-License-Identifier: Apache-2.0
#include "serial/cli_options.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>
#include <string_view>

#include "core/number.hpp"

namespace tbgw::serial {
namespace {

/// Declares the options of one group.
class Group {
 public:
  Group(CLI::App& app, std::string name) : app_(app), name_(std::move(name)) {}

  /// An option whose value `parse` makes of its text, kept in an optional.
  template <class T, class Parse>
  void add(const std::string& name, const std::string& type, std::optional<T>& to, Parse parse,
           const std::string& help, const std::string& shown_default = "") {
    app_.add_option_function<std::string>(
            name,
            [&to, parse, name](const std::string& text) {
              auto value = parse(text);
              if (!value) throw CLI::ValidationError(name + ": " + value.error().text);
              to = static_cast<T>(*std::move(value));
            },
            help)
        ->type_name(type)
        ->default_str(shown_default)
        ->group(name_);
  }

  void add_duration(const std::string& name, std::optional<Milliseconds>& to,
                    const std::string& help, const std::string& shown_default = "") {
    add(name, "DURATION", to, parse_duration, help, shown_default);
  }

  void add_flag(const std::string& name, const std::function<void()>& set,
                const std::string& help) {
    app_.add_flag_callback(name, set, help)->group(name_);
  }

 private:
  CLI::App& app_;
  std::string name_;
};

auto whole_number(std::int64_t least, std::int64_t most) {
  return [least, most](std::string_view text) { return parse_integer(text, least, most); };
}

Result<bool> parse_level(std::string_view text) {
  if (text == "high") return true;
  if (text == "low") return false;
  return Error{"must be high or low"};
}

void declare_line(CLI::App& app, PortOptions& o) {
  Group line(app, "Serial line");
  line.add("--baud", "BAUD", o.baud, whole_number(1, UINT32_MAX), "Bits per second", "9600");
  line.add("--data-bits", "N", o.data_bits, whole_number(5, 8), "Data bits, 5 to 8", "8");
  line.add("--parity", "P", o.parity, parse_parity, "Parity: N, E, O, M or S", "N");
  line.add("--stop-bits", "N", o.stop_bits, parse_stop_bits, "Stop bits: 1, 1.5 or 2", "1");
  line.add("--flow", "KIND", o.flow, parse_flow, "Flow control: none, rtscts, xonxoff or dsrdtr",
           "none");
  line.add("--dtr", "STATE", o.dtr, parse_modem_line, "Line DTR when opened: on, off or keep",
           "on");
  line.add("--rts", "STATE", o.rts, parse_modem_line, "Line RTS when opened: on, off or keep",
           "on");
  line.add_flag(
      "--rs485", [&o] { o.rs485 = true; }, "The kernel switches direction (RS-485)");
  line.add("--rs485-rts", "LEVEL", o.rs485_rts_high, parse_level, "RTS while sending: high or low",
           "high");
  line.add_duration("--rs485-delay-before", o.rs485_delay_before, "From RTS to the first bit");
  line.add_duration("--rs485-delay-after", o.rs485_delay_after, "From the last bit to RTS");
  line.add_flag(
      "--no-lock", [&o] { o.lock = false; }, "Share the port with other programs");
  line.add_duration("--write-timeout", o.write_timeout, "Give up writing after DURATION", "5s");
}

void declare_frames(CLI::App& app, PortOptions& o) {
  Group frames(app, "Frames");
  app.add_option_function<std::vector<std::string>>(
         "--delimiter",
         [&o](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             auto bytes = parse_bytes(text);
             if (!bytes) throw CLI::ValidationError("--delimiter: " + bytes.error().text);
             o.delimiters.push_back(*std::move(bytes));
           }
         },
         "Bytes that end a frame; may be repeated")
      ->type_name("BYTES")
      ->default_str("\\n")
      ->allow_extra_args(false)
      ->group("Frames");
  frames.add_flag(
      "--strip", [&o] { o.strip = true; }, "Leave delimiter, start, stop out of data");
  frames.add("--frame-length", "SIZE", o.frame_length, parse_size, "Every frame has SIZE bytes");
  frames.add_duration("--gap", o.gap, "Silence that ends a frame");
  frames.add("--length-prefix", "SPEC", o.length_prefix, parse_length_prefix,
             "The length stands in the frame: OFFSET,WIDTH[,be|le[,ADJUST]]");
  frames.add("--start", "BYTES", o.start, parse_bytes, "Bytes that start a frame");
  frames.add("--stop", "BYTES", o.stop, parse_bytes, "Bytes that end a frame with --start");
  frames.add_flag(
      "--slip", [&o] { o.slip = true; }, "Frames are SLIP packets");
  frames.add_flag(
      "--cobs", [&o] { o.cobs = true; }, "Frames are COBS packets");
  frames.add("--max-frame", "SIZE", o.max_frame, parse_size, "Throw longer frames away", "64K");
  frames.add("--first", "RULE", o.first, parse_first,
             "The first frame after opening: auto, keep or drop", "auto");
  frames.add("--encoding", "KIND", o.encoding, parse_encoding,
             "Data as text, hex, base64 or latin-1", "text");
}

void declare_polls(CLI::App& app, PortOptions& o) {
  Group polls(app, "Polling");
  polls.add("--poll", "BYTES", o.poll, parse_bytes, "Ask the instrument by sending BYTES");
  polls.add_duration("--every", o.every, "Time between polls", "1s");
  polls.add_duration("--answer-timeout", o.answer_timeout, "Time an answer may take", "500ms");
  polls.add("--retries", "N", o.retries, whole_number(0, 1000), "Ask N times more", "0");
}

}  // namespace

void declare_ports(CLI::App& app, std::vector<std::string>& ports) {
  app.add_option("PORT", ports, "Path, usb:VID:PID[:SERIAL], or - for the bytes of standard input")
      ->type_name("")
      ->default_str("");
}

void declare_port_options(CLI::App& app, PortOptions& options) {
  declare_line(app, options);
  declare_frames(app, options);
  declare_polls(app, options);
}

}  // namespace tbgw::serial
