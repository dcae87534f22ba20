// SPDX-License-Identifier: Apache-2.0
// What the tests of framing share: settings by kind, times, frames as texts.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "serial/framing.hpp"

namespace tbgw::serial {

using std::chrono::milliseconds;
using Texts = std::vector<std::string>;

inline Time at(int ms) {
  return Time{} + milliseconds{ms};
}

inline Texts texts(const std::vector<Frame>& frames) {
  Texts out;
  for (const Frame& frame : frames)
    out.push_back(frame.data);
  return out;
}

inline Texts split(const FrameSettings& settings, std::string_view bytes,
                   FrameCounts* counts = nullptr) {
  Framer framer(settings);
  std::vector<Frame> frames;
  framer.feed(bytes, at(0), frames);
  framer.end(frames);
  if (counts != nullptr) *counts = framer.counts();
  return texts(frames);
}

inline FrameSettings lines() {
  return {};
}
inline FrameSettings delimited(Texts delimiters, bool strip = false) {
  FrameSettings settings;
  settings.delimiters = std::move(delimiters);
  settings.strip = strip;
  return settings;
}
inline FrameSettings of_kind(FrameKind kind) {
  FrameSettings settings;
  settings.kind = kind;
  return settings;
}
inline FrameSettings fixed(std::size_t length) {
  FrameSettings settings = of_kind(FrameKind::length);
  settings.length = length;
  return settings;
}
inline FrameSettings prefixed(LengthPrefix prefix) {
  FrameSettings settings = of_kind(FrameKind::length_prefix);
  settings.prefix = prefix;
  return settings;
}
inline FrameSettings started(std::string start, std::string stop, bool strip = false) {
  FrameSettings settings = of_kind(FrameKind::start);
  settings.start = std::move(start);
  settings.stop = std::move(stop);
  settings.strip = strip;
  return settings;
}

}  // namespace tbgw::serial
