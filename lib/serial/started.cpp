// SPDX-License-Identifier: Apache-2.0
// Frames known by the bytes they start with. What stands between frames is noise; start bytes
// inside a frame mean that its end was lost.
#include <algorithm>
#include <string>
#include <utility>

#include "serial/splitter.hpp"

namespace tbgw::serial {
namespace {

class Started : public Splitter {
 public:
  Started(std::string start, std::string stop, bool strip)
      : start_(std::move(start)), stop_(std::move(stop)), strip_(strip) {}

  [[nodiscard]] Cut next(std::string_view pending, std::size_t seen) const override {
    if (pending.substr(0, start_.size()) != start_) return find_start(pending);
    const std::size_t from = std::max(seen, start_.size());
    const std::size_t again = pending.find(start_, behind(from, start_.size()));
    if (stop_.empty()) {
      if (again == std::string_view::npos) return {};
      return {Cut::What::frame, again};
    }
    // What is complete first decides, however the bytes were cut into reads.
    const std::size_t stop = pending.find(stop_, behind(from, stop_.size()));
    const bool stops = stop != std::string_view::npos;
    if (again != std::string_view::npos &&
        (!stops || again + start_.size() <= stop + stop_.size())) {
      return {Cut::What::torn, again};
    }
    if (!stops) return {};
    return {Cut::What::frame, stop + stop_.size()};
  }

  [[nodiscard]] Result<std::string> data(std::string_view frame) const override {
    if (strip_) {
      frame.remove_prefix(start_.size());
      frame.remove_suffix(stop_.size());
    }
    return std::string{frame};
  }

  // A frame of `most` bytes may still be followed by a start that is not complete yet.
  [[nodiscard]] bool proves_too_long(std::size_t pending, std::size_t most) const override {
    return pending >= most + start_.size();
  }
  [[nodiscard]] std::size_t boundary_tail() const override { return start_.size() - 1; }
  [[nodiscard]] bool finds_start() const override { return true; }
  [[nodiscard]] Rest on_silence(std::string_view pending) const override { return rest(pending); }
  [[nodiscard]] Rest on_end(std::string_view pending) const override { return rest(pending); }

 private:
  /// Where to look from for `length` bytes that may have begun before `from`, but not inside the
  /// frame's own start.
  [[nodiscard]] std::size_t behind(std::size_t from, std::size_t length) const {
    return std::max(start_.size(), from - std::min(from, length - 1));
  }

  [[nodiscard]] Cut find_start(std::string_view pending) const {
    std::size_t at = pending.find(start_);
    if (at == std::string_view::npos) {
      // Keep an end of it that may be the beginning of a start.
      std::size_t tail = std::min(pending.size(), start_.size() - 1);
      while (tail > 0 && pending.substr(pending.size() - tail) != start_.substr(0, tail))
        --tail;
      at = pending.size() - tail;
    }
    if (at == 0) return {};
    return {Cut::What::noise, at};
  }

  /// Noise, or a start that is not complete, is not even a torn frame.
  [[nodiscard]] Rest rest(std::string_view pending) const {
    if (pending.substr(0, start_.size()) != start_) return Rest::nothing;
    return stop_.empty() ? Rest::frame : Rest::torn;
  }

  std::string start_;
  std::string stop_;
  bool strip_;
};

}  // namespace

std::unique_ptr<Splitter> make_started(const FrameSettings& settings) {
  return std::make_unique<Started>(settings.start, settings.stop, settings.strip);
}

}  // namespace tbgw::serial
