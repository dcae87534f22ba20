// SPDX-License-Identifier: Apache-2.0
#include "serial/framing.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "serial/splitter.hpp"

namespace tbgw::serial {
namespace {

std::unique_ptr<Splitter> make_splitter(const FrameSettings& settings) {
  switch (settings.kind) {
    case FrameKind::delimiter:
    case FrameKind::slip:
    case FrameKind::cobs:
      return make_delimited(settings);
    case FrameKind::length:
    case FrameKind::length_prefix:
    case FrameKind::gap:
      return make_counted(settings);
    case FrameKind::start:
      break;
  }
  return make_started(settings);
}

Result<void> check_delimiters(const std::vector<std::string>& delimiters) {
  if (delimiters.empty()) return Error{"a delimiter is needed"};
  for (const std::string& one : delimiters) {
    if (one.empty()) return Error{"a delimiter must have at least one byte"};
    for (const std::string& other : delimiters) {
      const std::size_t at = other.find(one);
      if (at != std::string::npos && at + one.size() < other.size()) {
        return Error{"the delimiter " + in_quotes(other) + " can never end a frame, because " +
                     in_quotes(one) + " ends it before"};
      }
    }
  }
  return {};
}

Result<void> check_start(const FrameSettings& settings) {
  if (settings.start.empty()) {
    return Error{settings.stop.empty()
                     ? "start bytes are needed"
                     : "stop bytes need start bytes; without them use a delimiter"};
  }
  if (settings.start == settings.stop) {
    return Error{"start and stop bytes are the same: use them as a delimiter"};
  }
  return {};
}

Result<void> check_prefix(const LengthPrefix& prefix, std::size_t max_frame) {
  if (prefix.width < 1 || prefix.width > 4) return Error{"a length is 1 to 4 bytes wide"};
  if (prefix.offset > max_frame || prefix.offset + prefix.width > max_frame) {
    return Error{"the length stands behind the end of the longest frame"};
  }
  return {};
}

}  // namespace

Result<void> check(const FrameSettings& settings) {
  constexpr std::size_t kLargest = std::size_t{64} << 20;
  if (settings.max_frame < 1 || settings.max_frame > kLargest) {
    return Error{"the longest frame must be 1 byte to 64M"};
  }
  const bool takes_gap = settings.kind == FrameKind::gap || settings.kind == FrameKind::length ||
                         settings.kind == FrameKind::length_prefix ||
                         (settings.kind == FrameKind::start && settings.stop.empty());
  if (settings.gap.count() > 0 && !takes_gap) {
    return Error{"a gap means nothing where bytes end the frame"};
  }
  switch (settings.kind) {
    case FrameKind::delimiter:
      return check_delimiters(settings.delimiters);
    case FrameKind::length:
      if (settings.length >= 1 && settings.length <= settings.max_frame) return {};
      return Error{"the frame length must be 1 byte to the longest frame"};
    case FrameKind::gap:
      if (settings.gap.count() > 0) return {};
      return Error{"a gap must be at least 1ms"};
    case FrameKind::length_prefix:
      return check_prefix(settings.prefix, settings.max_frame);
    case FrameKind::start:
      return check_start(settings);
    case FrameKind::slip:
    case FrameKind::cobs:
      return {};
  }
  return {};
}

Framer::Framer(const FrameSettings& settings)
    : settings_(settings), splitter_(make_splitter(settings)) {}
Framer::~Framer() = default;
Framer::Framer(Framer&&) noexcept = default;
Framer& Framer::operator=(Framer&&) noexcept = default;

std::string_view Framer::pending() const {
  return std::string_view{pending_}.substr(begin_);
}

void Framer::feed(std::string_view bytes, Time now, std::vector<Frame>& out) {
  if (bytes.empty()) return;
  counts_.bytes += bytes.size();
  last_ = now;
  arrivals_.push_back({pending_.size(), now});
  pending_.append(bytes);
  while (take(out)) {
  }
  compact();
}

/// Deals with the first frame or piece; false when more bytes are needed.
bool Framer::take(std::vector<Frame>& out) {
  const std::string_view bytes = pending();
  if (bytes.empty()) return false;
  if (skipping_ && splitter_->needs_silence()) {
    count_skipped();
    discard(bytes.size());
    return false;
  }
  const Cut cut = splitter_->next(bytes, seen_);
  switch (cut.what) {
    case Cut::What::wait:
      return keep_waiting(bytes.size());
    case Cut::What::frame:
      take_frame(cut.size, out);
      return true;
    case Cut::What::noise:
      discard(cut.size);
      return true;
    case Cut::What::torn:
      ++(cut.size > settings_.max_frame ? counts_.too_long : counts_.discarded);
      discard(cut.size);
      return true;
    case Cut::What::nonsense:
      ++counts_.discarded;
      break;
    case Cut::What::too_long:
      ++counts_.too_long;
      break;
  }
  skipping_ = counted_ = true;
  discard(bytes.size());
  return false;
}

/// No end in sight: enough bytes may prove that the frame is too long. Always false.
bool Framer::keep_waiting(std::size_t size) {
  seen_ = size;
  if (!skipping_) {
    if (!splitter_->proves_too_long(size, settings_.max_frame)) return false;
    ++counts_.too_long;
    skipping_ = counted_ = !splitter_->finds_start();
  }
  const std::size_t tail = std::min(size, splitter_->boundary_tail());
  if (skipping_ && size > tail) count_skipped();
  discard(size - tail);
  seen_ = tail;
  return false;
}

/// The first bytes skipped make a discarded piece, unless it was counted as something else.
void Framer::count_skipped() {
  if (!counted_) ++counts_.discarded;
  counted_ = true;
}

void Framer::take_frame(std::size_t size, std::vector<Frame>& out) {
  if (skipping_) {
    count_skipped();
    skipping_ = false;
  } else if (size > settings_.max_frame) {
    ++counts_.too_long;
  } else if (auto data = splitter_->data(pending().substr(0, size)); !data) {
    ++counts_.discarded;
  } else if (!data->empty()) {  // empty: nothing but delimiters that are stripped
    ++counts_.frames;
    out.push_back({*std::move(data), arrivals_.front().at});
  }
  discard(size);
}

/// All that is pending, as one frame.
void Framer::take_rest(std::vector<Frame>& out) {
  if (!pending().empty()) take_frame(pending().size(), out);
}

void Framer::tear(std::size_t size) {
  if (size > 0 && !(skipping_ && counted_)) ++counts_.discarded;
  discard(size);
}

void Framer::discard(std::size_t size) {
  begin_ += size;
  seen_ = 0;
  while (!arrivals_.empty() &&
         (begin_ >= pending_.size() || (arrivals_.size() > 1 && arrivals_[1].offset <= begin_))) {
    arrivals_.pop_front();
  }
}

void Framer::compact() {
  if (begin_ == 0) return;
  pending_.erase(0, begin_);
  for (Arrival& arrival : arrivals_)
    arrival.offset -= std::min(arrival.offset, begin_);
  begin_ = 0;
}

std::optional<Time> Framer::deadline() const {
  const bool in_frame = !pending_.empty() && settings_.gap.count() > 0 &&
                        splitter_->on_silence(pending()) != Rest::nothing;
  if (skipping_ && splitter_->needs_silence()) {
    return last_ + (settings_.gap.count() > 0 ? settings_.gap : kSilence);
  }
  if (!in_frame) return std::nullopt;
  return last_ + settings_.gap;
}

void Framer::expire(Time now, std::vector<Frame>& out) {
  const std::optional<Time> due = deadline();
  if (!due || now < *due) return;
  if (skipping_ && splitter_->needs_silence()) {
    skipping_ = false;
  } else if (splitter_->on_silence(pending()) == Rest::frame) {
    take_rest(out);
  } else {
    tear(pending().size());
  }
  compact();
}

void Framer::end(std::vector<Frame>& out) {
  const Rest rest = splitter_->on_end(pending());
  if (skipping_ || rest == Rest::torn) {
    reset();
  } else if (rest == Rest::frame) {
    take_rest(out);
  }
  discard(pending().size());
  compact();
}

void Framer::reset() {
  tear(pending().size());
  compact();
  skipping_ = counted_ = false;
}

void Framer::skip(Time now) {
  const bool torn = !pending().empty();
  tear(pending().size());
  compact();
  last_ = now;
  if (splitter_->finds_start() || skipping_) return;
  skipping_ = true;
  counted_ = torn;
}

}  // namespace tbgw::serial
