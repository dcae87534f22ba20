// SPDX-License-Identifier: Apache-2.0
// library: serial
// Framing of any bytes in any cut: nothing crashes, no frame passes the limit, and the frames are
// the same as of the uncut stream.
//
// Input: | kind | size of the reads | flags | stream … |
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serial/framing.hpp"

namespace {

using tbgw::serial::Frame;
using tbgw::serial::FrameKind;
using tbgw::serial::Framer;
using tbgw::serial::FrameSettings;
using tbgw::serial::Time;

constexpr std::size_t kMostBytes = 48;

FrameSettings settings_for(std::uint8_t kind, std::uint8_t flags) {
  FrameSettings settings;
  settings.max_frame = kMostBytes;
  settings.strip = (flags & 1U) != 0;
  settings.kind = static_cast<FrameKind>(kind % 7);
  settings.length = 1 + flags % 16;
  settings.gap = std::chrono::milliseconds{settings.kind == FrameKind::gap ? 5 : 0};
  settings.prefix = {flags % 3U, 1U + flags % 4U, (flags & 2U) != 0, flags % 9 - 4};
  settings.start = (flags & 4U) != 0 ? "$" : "ab";
  settings.stop = (flags & 8U) != 0 ? "" : "\r\n";
  if ((flags & 16U) != 0) settings.delimiters = {"\r\n"};
  if ((flags & 32U) != 0) settings.delimiters = {"\n", "\r\n", "ab"};
  return settings;
}

struct Run {
  std::vector<Frame> frames;
  std::uint64_t discarded = 0;
  std::uint64_t too_long = 0;
};

Run feed(const FrameSettings& settings, std::string_view bytes, std::size_t piece, bool skip) {
  Framer framer(settings);
  Run run;
  if (skip) framer.skip(Time{});
  while (!bytes.empty()) {
    framer.feed(bytes.substr(0, piece), Time{}, run.frames);
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  framer.expire(Time{} + std::chrono::milliseconds{50}, run.frames);
  framer.end(run.frames);
  run.discarded = framer.counts().discarded;
  run.too_long = framer.counts().too_long;
  return run;
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const FrameSettings settings = settings_for(data[0], data[2]);
  if (!check(settings)) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 3, size - 3};
  const bool skip = (data[2] & 64U) != 0;
  const Run whole = feed(settings, bytes, bytes.size() + 1, skip);
  const Run cut = feed(settings, bytes, 1 + data[1] % 16, skip);
  require(whole.frames.size() == cut.frames.size());
  require(whole.discarded == cut.discarded && whole.too_long == cut.too_long);
  for (std::size_t i = 0; i < whole.frames.size(); ++i) {
    require(whole.frames[i].data == cut.frames[i].data);
    require(whole.frames[i].data.size() <= kMostBytes);
  }
  return 0;
}
