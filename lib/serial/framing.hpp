// SPDX-License-Identifier: Apache-2.0
// Frames from a stream of bytes: pure code, fed with bytes and the time they came at. However the
// stream is cut into reads, the frames are the same.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tbgw::serial {

using Time = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

/// How the end of a frame is known.
enum class FrameKind {
  delimiter,      ///< bytes that end it
  length,         ///< a fixed number of bytes
  gap,            ///< silence
  length_prefix,  ///< a number inside it
  start,          ///< bytes that start it; with `stop` also bytes that end it
  slip,           ///< RFC 1055
  cobs,           ///< consistent overhead byte stuffing, 0x00 between frames
};

/// A frame holds offset + width + (number at offset, of width bytes) + adjust bytes in all.
struct LengthPrefix {
  std::size_t offset = 0;
  std::size_t width = 2;  ///< 1 to 4
  bool big_endian = true;
  std::int64_t adjust = 0;
  bool operator==(const LengthPrefix&) const = default;
};

struct FrameSettings {
  FrameKind kind = FrameKind::delimiter;
  std::vector<std::string> delimiters{"\n"};
  bool strip = false;  ///< leave delimiters, start and stop bytes out of the data
  std::size_t length = 0;
  /// Kind gap: this much silence ends a frame. Start without stop: likewise. Length and
  /// length_prefix: this much silence inside a frame discards the piece. 0 = no.
  Milliseconds gap{0};
  LengthPrefix prefix;
  std::string start;
  std::string stop;
  std::size_t max_frame = std::size_t{64} << 10;  ///< bytes on the line
  bool operator==(const FrameSettings&) const = default;
};

/// What is wrong with the settings, in words for a person.
Result<void> check(const FrameSettings& settings);

struct Frame {
  std::string data;
  Time first;  ///< when its first byte came
};

struct FrameCounts {
  std::uint64_t bytes = 0;      ///< fed
  std::uint64_t frames = 0;     ///< handed out
  std::uint64_t discarded = 0;  ///< pieces thrown away: torn, garbled, before the first boundary
  std::uint64_t too_long = 0;   ///< frames past max_frame, thrown away
};

/// Silence that counts as a boundary for kinds without boundary bytes and without a gap.
inline constexpr Milliseconds kSilence{50};

class Splitter;

class Framer {
 public:
  /// The settings must have passed check().
  explicit Framer(const FrameSettings& settings);
  ~Framer();
  Framer(Framer&&) noexcept;
  Framer& operator=(Framer&&) noexcept;

  /// Appends the frames that these bytes complete. Never looks at how long ago the last bytes
  /// came: silence is what expire() reports.
  void feed(std::string_view bytes, Time now, std::vector<Frame>& out);
  /// When silence would mean something, if nothing comes before; nullopt = never.
  [[nodiscard]] std::optional<Time> deadline() const;
  /// Nothing came until `now`.
  void expire(Time now, std::vector<Frame>& out);
  /// The stream ended in order: what is pending is a frame for kinds without an end of their own
  /// (an unterminated last line is still a line), otherwise torn.
  void end(std::vector<Frame>& out);
  /// The stream broke: what is pending is torn.
  void reset();
  /// Discards what is pending and what follows up to the next boundary. Kinds with start bytes
  /// need none: they find the next start by themselves.
  void skip(Time now);

  [[nodiscard]] const FrameCounts& counts() const { return counts_; }

 private:
  struct Arrival {
    std::size_t offset;  ///< in pending_
    Time at;
  };
  bool take(std::vector<Frame>& out);
  bool keep_waiting(std::size_t size);
  void take_frame(std::size_t size, std::vector<Frame>& out);
  void take_rest(std::vector<Frame>& out);
  void count_skipped();
  void discard(std::size_t size);
  void tear(std::size_t size);
  void compact();
  [[nodiscard]] std::string_view pending() const;

  FrameSettings settings_;
  std::unique_ptr<Splitter> splitter_;
  std::string pending_;
  std::size_t begin_ = 0;  ///< of what is not dealt with, in pending_
  std::size_t seen_ = 0;   ///< bytes from begin_ the splitter already asked more for
  std::deque<Arrival> arrivals_;
  Time last_;
  bool skipping_ = false;
  bool counted_ = false;  ///< what is being skipped is in the counts already
  FrameCounts counts_;
};

}  // namespace tbgw::serial
