// SPDX-License-Identifier: Apache-2.0
#include "run/tool_options.hpp"

#include <array>
#include <string>

#include "run/gateway_file.hpp"

namespace tbgw::run {
namespace {

using Kind = ToolOption::Kind;

constexpr std::array<ToolOption, 27> kPush{{
    {"token-file", Kind::path},
    {"user-file", Kind::path},
    {"password-file", Kind::path},
    {"provision", Kind::path},
    {"ca", Kind::path},
    {"cert", Kind::path},
    {"key", Kind::path},
    {"client-id"},
    {"protocol"},
    {"proxy"},
    {"proxy-user-file", Kind::path},
    {"proxy-password-file", Kind::path},
    {"keep-alive"},
    {"connect-timeout"},
    {"ack-timeout"},
    {"trace", Kind::path},
    {"device-api", Kind::flag},
    {"firmware", Kind::path},
    {"state", Kind::path},
    {"linger"},
    {"window"},
    {"max-payload"},
    {"keep-devices"},
    {"doubtful"},
    {"memory"},
    {"max-record"},
    {"rejects", Kind::path},
}};

constexpr std::array<ToolOption, 11> kSpool{{
    {"sync"},
    {"max-bytes"},
    {"min-free"},
    {"max-age"},
    {"segment-bytes"},
    {"when-full"},
    {"write-behind"},
    {"window"},
    {"stall"},
    {"max-record"},
    {"drain-timeout"},
}};

constexpr std::array<ToolOption, 5> kRoute{{
    {"filter", Kind::path},
    {"inactivity"},
    {"queue"},
    {"max-record"},
    {"rejects", Kind::path},
}};

/// A number stands for itself: `window = 80`.
std::string text_of(ConfigTable& table, std::string_view name) {
  const auto* value = table.value({name});
  if (value->is_number()) return value->dump();
  return *table.text({name});
}

}  // namespace

std::span<const ToolOption> push_options() {
  return kPush;
}
std::span<const ToolOption> spool_options() {
  return kSpool;
}
std::span<const ToolOption> route_options() {
  return kRoute;
}

void take_options(ConfigTable& table, std::span<const ToolOption> options, Argv& argv,
                  Mistakes& mistakes) {
  for (const ToolOption& option : options) {
    mistakes.attempt([&] {
      if (!table.has({option.name})) return;
      const std::string flag = "--" + std::string{option.name};
      if (option.kind == Kind::flag) {
        if (*table.boolean({option.name})) argv.push_back(flag);
        return;
      }
      const std::string text = text_of(table, option.name);
      argv.push_back(flag);
      argv.push_back(option.kind == Kind::path ? beside(table.file().name, text) : text);
    });
  }
}

}  // namespace tbgw::run
