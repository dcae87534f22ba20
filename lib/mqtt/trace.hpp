// SPDX-License-Identifier: Apache-2.0
// Every MQTT packet as a JSON line, for people who look for a fault: who sent it, what is in it,
// but never a secret.
//   {"at":1790000000123,"way":"out","packet":"PUBLISH","id":3,"topic":"…","bytes":57,"payload":{…}}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/fd.hpp"

namespace tbgw::mqtt {

class Trace {
 public:
  /// Appends to the file, made for the owner only; "-" is stderr. Fatal 73.
  explicit Trace(const std::string& path);

  /// A text that must never show, wherever it stands; one of less than 4 characters hides only by
  /// its name.
  void hide(std::string secret);

  /// `members`: more JSON members, each with a leading comma; "" = none.
  void packet(std::string_view way, std::string_view packet, const std::string& members = "");
  void publish(std::string_view way, int id, std::string_view topic, std::string_view payload);

 private:
  Fd file_;
  int fd_;
  std::vector<std::string> secrets_;
};

/// The payload as a JSON value: itself if it is JSON, with the values of members that are secrets
/// by their name replaced; otherwise as text, or in hex. One that is nested too deeply to be looked
/// through is not shown.
std::string shown_payload(std::string_view payload);

}  // namespace tbgw::mqtt
