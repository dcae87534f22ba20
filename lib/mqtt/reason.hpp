// SPDX-License-Identifier: Apache-2.0
// The reason codes of MQTT in words.
#pragma once

#include <string>

namespace tbgw::mqtt {

// MQTT 5, section 2.4: the codes that something is done about.
inline constexpr int kFirstFailure = 0x80;         ///< this and all above say no
inline constexpr int kImplementationError = 0x83;  ///< ThingsBoard then hangs up
inline constexpr int kUnsupportedProtocol = 0x84;
inline constexpr int kBadCredentials = 0x86;
inline constexpr int kNotAuthorized = 0x87;
inline constexpr int kSessionTakenOver = 0x8E;
inline constexpr int kQuotaExceeded = 0x97;

/// A code of a DISCONNECT that a message of ours may have caused.
bool is_about_a_message(int code);

/// A code of a PUBACK, SUBACK or DISCONNECT, or of a CONNACK of MQTT 5: "not authorized (0x87)".
std::string reason_text(int code);

/// A CONNACK's return code of MQTT 3.1.1 as the code of MQTT 5 that means the same.
int from_version_3(int return_code);

}  // namespace tbgw::mqtt
