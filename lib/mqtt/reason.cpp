// SPDX-License-Identifier: Apache-2.0
#include "mqtt/reason.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace tbgw::mqtt {
namespace {

struct Reason {
  int code;
  std::string_view text;
};

// MQTT 5, section 2.4.
constexpr std::array kReasons{
    Reason{0x00, "normal end"},
    Reason{0x80, "unspecified error"},
    Reason{0x81, "malformed packet, or larger than allowed"},
    Reason{0x82, "protocol error"},
    Reason{0x83, "the server cannot take this message"},
    Reason{0x84, "unsupported protocol version"},
    Reason{0x85, "client id not valid"},
    Reason{0x86, "bad user name, password or token"},
    Reason{0x87, "not authorized"},
    Reason{0x88, "server unavailable"},
    Reason{0x89, "server busy"},
    Reason{0x8A, "banned"},
    Reason{0x8B, "server shutting down"},
    Reason{0x8D, "keep alive timeout"},
    Reason{0x8E, "another client connected with the same credentials or client id"},
    Reason{0x8F, "topic filter not valid"},
    Reason{0x90, "topic name not valid"},
    Reason{0x93, "receive maximum exceeded"},
    Reason{0x95, "packet too large"},
    Reason{0x96, "message rate too high"},
    Reason{0x97, "quota exceeded"},
    Reason{0x98, "administrative action"},
    Reason{0x99, "payload format not valid"},
    Reason{0x9C, "use another server"},
    Reason{0x9D, "server moved"},
    Reason{0x9F, "connection rate exceeded"},
    Reason{0xA0, "maximum connect time"},
};

}  // namespace

std::string reason_text(int code) {
  const auto* const found = std::find_if(kReasons.begin(), kReasons.end(),
                                         [&](const Reason& reason) { return reason.code == code; });
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), " (0x%02X)", static_cast<unsigned>(code));
  return std::string{found == kReasons.end() ? "reason" : found->text} + number.data();
}

bool is_about_a_message(int code) {
  switch (code) {
    case 0x80:
    case 0x81:
    case 0x82:
    case 0x83:
    case 0x90:
    case 0x95:
    case 0x99:
      return true;
    default:
      return false;
  }
}

int from_version_3(int return_code) {
  switch (return_code) {
    case 0:
      return 0;
    case 1:
      return kUnsupportedProtocol;
    case 2:
      return 0x85;
    case 3:
      return 0x88;
    case 4:
      return kBadCredentials;
    case 5:
      return kNotAuthorized;
    default:
      return 0x80;
  }
}

}  // namespace tbgw::mqtt
