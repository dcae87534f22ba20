// SPDX-License-Identifier: Apache-2.0
#include "run/own_pipeline.hpp"

#include <fcntl.h>

#include <utility>

#include "core/status.hpp"

namespace tbgw::run {
namespace {

constexpr std::size_t kWaiting = std::size_t{1} << 20;
constexpr int kDeepest = 32;

/// For reading and writing, so that it outlives the router; the open file description is ours
/// alone, so it may be nonblocking.
Fd open_fifo(const std::string& path) {
  Fd fd{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd) throw_errno(Status::cannot_create, path);
  return fd;
}

bool is_shallow(std::string_view line) {
  int depth = 0;
  bool text = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (text) {
      if (c == '\\') ++i;
      text = c != '"';
    } else if (c == '"') {
      text = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return false;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return true;
}

}  // namespace

nlohmann::json parse_event(std::string_view line) {
  if (!is_shallow(line)) return nullptr;
  auto event = nlohmann::json::parse(line, nullptr, false);
  return event.is_object() ? event : nullptr;
}

OwnPipeline::OwnPipeline(Loop& loop, const std::string& up, const std::string& down,
                         std::function<void(const nlohmann::json& event)> take)
    : take_(std::move(take)),
      up_(open_fifo(up)),
      down_(open_fifo(down)),
      output_(loop, up_.get(), kWaiting),
      input_(loop, down_.get(), kMaxRecord + kRecordSlack,
             LineInput::Hooks{[this](const Line& line) {
                                const auto event = parse_event(line.text);
                                if (!line.too_long && !event.is_null()) take_(event);
                              },
                              [] { return false; }}) {}

}  // namespace tbgw::run
