// SPDX-License-Identifier: Apache-2.0
// Where the first frame in some pending bytes ends: what differs between the kinds of framing.
// Everything else (times, limits, skipping, counting) is Framer's.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "serial/framing.hpp"

namespace tbgw::serial {

struct Cut {
  enum class What {
    wait,      ///< no frame is complete
    frame,     ///< the first `size` bytes are one
    noise,     ///< the first `size` bytes belong to no frame
    torn,      ///< the first `size` bytes are a frame that lost its end
    nonsense,  ///< these bytes cannot start a frame: look for silence
    too_long,  ///< a frame that announces more than the maximum: look for silence
  };
  What what = What::wait;
  std::size_t size = 0;
};

/// What `gap` of silence, or the end of the stream, makes of the pending bytes.
enum class Rest { nothing, frame, torn };

class Splitter {
 public:
  Splitter() = default;
  virtual ~Splitter() = default;
  Splitter(const Splitter&) = delete;
  Splitter& operator=(const Splitter&) = delete;

  /// Looks for the end of the frame that starts at pending[0]. The first `seen` bytes were there
  /// at the last call, which said wait.
  [[nodiscard]] virtual Cut next(std::string_view pending, std::size_t seen) const = 0;
  /// The data of a complete frame, or why it is garbled.
  [[nodiscard]] virtual Result<std::string> data(std::string_view frame) const {
    return std::string{frame};
  }
  /// So many pending bytes without an end mean a frame longer than `most`.
  [[nodiscard]] virtual bool proves_too_long(std::size_t pending, std::size_t most) const {
    return pending > most;
  }
  /// Bytes at the end of what is thrown away that may be the beginning of a boundary.
  [[nodiscard]] virtual std::size_t boundary_tail() const { return 0; }
  /// The boundary between frames is silence.
  [[nodiscard]] virtual bool needs_silence() const { return false; }
  /// A frame is known by its start, so nothing has to be skipped to find one.
  [[nodiscard]] virtual bool finds_start() const { return false; }
  [[nodiscard]] virtual Rest on_silence(std::string_view /*pending*/) const {
    return Rest::nothing;
  }
  [[nodiscard]] virtual Rest on_end(std::string_view /*pending*/) const { return Rest::torn; }
};

/// Delimiters, SLIP, COBS.
std::unique_ptr<Splitter> make_delimited(const FrameSettings& settings);
/// Fixed length, length prefix, gap.
std::unique_ptr<Splitter> make_counted(const FrameSettings& settings);
/// Start bytes, with or without stop bytes.
std::unique_ptr<Splitter> make_started(const FrameSettings& settings);

}  // namespace tbgw::serial
