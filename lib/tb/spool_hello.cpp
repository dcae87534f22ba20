// SPDX-License-Identifier: Apache-2.0
#include "tb/spool_hello.hpp"

#include <limits>

#include "core/number.hpp"

namespace tbgw::tb {

SpoolHello read_hello(std::span<const JsonMember> members) {
  SpoolHello hello;
  for (const JsonMember& member : members) {
    if (member.key == "spool") hello.version = member.raw;
    if (member.key == "run" && member.type == JsonType::string) hello.run = member.text;
    if (member.key == "ack" && member.type == JsonType::string) hello.ack = member.text;
    if (member.key == "ack_fd") {
      hello.ack_fd = static_cast<int>(
          parse_integer(member.raw, 0, std::numeric_limits<int>::max()).value_or(-1));
    }
  }
  return hello;
}

}  // namespace tbgw::tb
