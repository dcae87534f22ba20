// SPDX-License-Identifier: Apache-2.0
#include "spool/reader.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>

#include "spool/note.hpp"
#include "spool/segment_bytes.hpp"

namespace tbgw::spool {

Reader::Reader(const Directory& directory, std::uint64_t position, End end)
    : directory_(directory),
      end_(end),
      from_oldest_(position == 0),
      wanted_(position == 0 ? 0 : position + 1) {}

Reader::Item Reader::next(std::uint64_t limit) {
  Item item;
  if (wanted_ > limit) return item;
  fresh_ = false;
  while (true) {
    Step step = Step::again;
    if (window_.is_open() && superseded_ && wanted_ >= bound_) window_.close();
    if (!window_.is_open()) {
      step = open_segment(limit, item);
    } else {
      const Piece piece = first_piece(directory_.identity(), window_.view(), at_eof_);
      switch (piece.kind) {
        case Piece::Kind::more:
          step = at_eof_ ? at_end(limit, item) : read_more();
          break;
        case Piece::Kind::record:
          step = take_record(piece, limit, item);
          break;
        default:
          step = take_other(piece, limit);
          break;
      }
    }
    if (step == Step::item) return item;
    if (step == Step::nothing) return Item{};
  }
}

/// The segment to begin with, or the one after that which was read last.
std::optional<SegmentName> Reader::choose_segment(const std::vector<SegmentName>& names) {
  if (names.empty()) return std::nullopt;
  if (segment_) {
    const auto later = std::upper_bound(names.begin(), names.end(), *segment_);
    return later == names.end() ? std::nullopt : std::optional(*later);
  }
  if (from_oldest_) {
    wanted_ = std::max(wanted_, names.front().first);
    return names.front();
  }
  const auto chosen =
      std::upper_bound(names.begin(), names.end(), SegmentName{wanted_, UINT32_MAX});
  return chosen == names.begin() ? *chosen : *std::prev(chosen);
}

Reader::Step Reader::open_segment(std::uint64_t limit, Item& item) {
  const auto chosen = choose_segment(directory_.segments());
  if (!chosen) return report_lost(limit, item);
  const int error = window_.open(directory_, *chosen);
  if (error == ENOENT) return Step::again;  // removed in this moment: the next one then
  from_oldest_ = false;
  segment_ = chosen;
  finished_ = looked_ahead_ = at_eof_ = superseded_ = false;
  skipping_ = true;
  bound_ = 0;
  span_.reset();
  if (error == 0) {
    finished_ = look_for_later();
    return Step::again;
  }
  item.kind = Kind::damage;
  item.segment = *chosen;
  item.bytes = stat_segment(directory_, *chosen).size;
  after_damage_ = true;
  return Step::item;
}

/// Is there a later segment? Also finds out where the numbers of this one must end: a rewrite holds
/// everything that was accepted from its number on, and what stands here of it may be anything.
bool Reader::look_for_later() {
  const std::vector<SegmentName> names = directory_.segments();
  const auto later = std::upper_bound(names.begin(), names.end(), *segment_);
  const bool found = later != names.end();
  bound_ = found ? later->first : 0;
  superseded_ = found && later->rewrite > 0;
  return found;
}

Reader::Step Reader::read_more() {
  switch (window_.fill()) {
    case SegmentWindow::Fill::more:
      break;
    case SegmentWindow::Fill::end:
      at_eof_ = true;
      break;
    case SegmentWindow::Fill::error:
      if (!finished_ && end_ == End::waits) return wait_for_more();
      if (!span_) span_ = window_.offset();
      span_end_ = std::max(window_.file_size(), *span_);
      window_.go_to(span_end_);
      finished_ = at_eof_ = true;
      break;
  }
  return Step::again;
}

Reader::Step Reader::take_record(const Piece& piece, std::uint64_t limit, Item& item) {
  const bool beyond = bound_ != 0 && piece.seq >= bound_;
  if (beyond && superseded_) {
    if (span_) return report_span(item);
    window_.close();
    return Step::again;
  }
  if (beyond || (piece.seq != 0 && piece.seq < segment_->first)) {  // misplaced
    Piece damage = piece;
    damage.kind = Piece::Kind::damage;
    return take_other(damage, limit);
  }
  if (piece.seq == 0) return take_note(piece, item);
  if (piece.seq < wanted_) {
    if (skipping_) span_.reset();  // what it held was never wanted either
    if (span_) return report_span(item);
    window_.consume(piece.size);
    return Step::again;
  }
  if (piece.seq > limit) return Step::nothing;
  skipping_ = false;
  if (span_ && !finished_ && limit == kNoLimit) {
    // The accepting process knows what must be there. Others wait till the segment has ended: it
    // may be written yet, or a rewrite may bring what a failing disk seems to have lost.
    looked_ahead_ = true;
    return wait_for_more();
  }
  if (span_) return report_span(item);
  if (piece.seq > wanted_) {
    return report_gap(piece.seq - 1, after_damage_ ? Cause::damaged : Cause::missing, item);
  }
  item.kind = Kind::record;
  item.seq = piece.seq;
  item.payload = piece.payload;
  item.stored = window_.view().substr(0, piece.size);
  item.segment = *segment_;
  item.offset = window_.offset();
  window_.consume(piece.size);
  wanted_ = piece.seq + 1;
  after_damage_ = false;
  return Step::item;
}

Reader::Step Reader::take_note(const Piece& piece, Item& item) {
  const Note note = parse_note(piece.payload);
  const bool concerns_us = note.gone && note.gone->second >= wanted_ &&
                           note.gone->first <= note.gone->second && note.gone->second <= kMostSeq;
  if (concerns_us) {
    if (span_) return report_span(item);
    if (note.gone->first > wanted_) {
      return report_gap(note.gone->first - 1, after_damage_ ? Cause::damaged : Cause::missing,
                        item);
    }
    window_.consume(piece.size);
    return report_gap(note.gone->second, Cause::noted, item);
  }
  if (span_) return report_span(item);
  window_.consume(piece.size);
  return Step::again;
}

/// What is no record, or not there yet.
Reader::Step Reader::take_other(const Piece& piece, std::uint64_t limit) {
  if (!finished_ && !fresh_) {  // it may have been written since the window was read
    go_back();
    return Step::again;
  }
  if (!finished_ && looked_ahead_ && limit == kNoLimit) return wait_for_more();
  if (!span_) span_ = span_end_ = window_.offset();
  window_.consume(piece.size);
  if (piece.kind != Piece::Kind::nuls) span_end_ = window_.offset();
  return Step::again;
}

/// Reads what is behind the last good record afresh.
void Reader::go_back() {
  window_.go_to(span_.value_or(window_.offset()));
  span_.reset();
  at_eof_ = false;
  fresh_ = true;
}

/// Everything in the file was looked at.
Reader::Step Reader::at_end(std::uint64_t limit, Item& item) {
  if (!finished_) {
    looked_ahead_ = looked_ahead_ || fresh_;
    if (fresh_ && limit != kNoLimit && end_ == End::waits && !window_.unlinked() &&
        !look_for_later()) {
      return report_lost(limit, item);
    }
    if (fresh_) return wait_for_more();
    go_back();
    return Step::again;
  }
  if (span_ && span_end_ > *span_) return report_damage(*span_, span_end_, item);
  span_.reset();
  if (was_removed()) return Step::again;
  if (!look_for_later()) return Step::nothing;
  window_.close();
  return Step::again;
}

/// Nothing more is there. The accepting process knows what must be.
Reader::Step Reader::report_lost(std::uint64_t limit, Item& item) {
  if (limit == kNoLimit || wanted_ > limit || limit == 0) return Step::nothing;
  if (span_ && span_end_ > *span_) {
    const std::uint64_t end = span_end_;
    const Step reported = report_damage(*span_, end, item);
    window_.go_to(end);
    at_eof_ = false;
    return reported;
  }
  from_oldest_ = false;
  wanted_ = std::max<std::uint64_t>(wanted_, 1);
  return report_gap(limit, after_damage_ ? Cause::damaged : Cause::missing, item);
}

/// There is nothing more in the segment, unless it has ended meanwhile.
Reader::Step Reader::wait_for_more() {
  if (was_removed()) return Step::again;
  finished_ = look_for_later() || end_ == End::stops;
  go_back();
  // What was written before a later segment was begun may not have been there when we looked.
  return finished_ ? Step::again : Step::nothing;
}

/// Segments that hold nothing are removed, and later ones may get their names, or names before
/// them; `repair` replaces segments. So when the one we read is gone, the wanted number decides
/// anew.
bool Reader::was_removed() {
  if (!window_.unlinked()) return false;
  segment_.reset();
  window_.close();
  return true;
}

/// A good record stands behind the span.
Reader::Step Reader::report_span(Item& item) {
  // While the segment is written, what looks torn may only be half written, or be there in a
  // rewrite; it must look the same once something stands behind it.
  if (!finished_ && confirmed_ != span_) {
    finished_ = look_for_later();
    confirmed_ = span_;
    go_back();
    return Step::again;
  }
  return report_damage(*span_, window_.offset(), item);
}

Reader::Step Reader::report_damage(std::uint64_t begin, std::uint64_t end, Item& item) {
  item.kind = Kind::damage;
  item.segment = *segment_;
  item.offset = begin;
  item.bytes = end - begin;
  span_.reset();
  confirmed_.reset();
  after_damage_ = true;
  return Step::item;
}

Reader::Step Reader::report_gap(std::uint64_t upto, Cause cause, Item& item) {
  item.kind = Kind::gap;
  item.first = wanted_;
  item.last = upto;
  item.cause = cause;
  wanted_ = upto + 1;
  after_damage_ = false;
  return Step::item;
}

void Reader::seek(std::uint64_t seq) {
  const bool back = seq < wanted_ || from_oldest_;
  wanted_ = seq;
  if (!back) return;
  from_oldest_ = false;
  segment_.reset();
  window_.close();
  span_.reset();
  after_damage_ = false;
}

std::optional<Reader::Place> Reader::place() const {
  if (!segment_) return std::nullopt;
  return Place{*segment_, window_.offset()};
}

int Reader::wake_fd() {
  if (!inotify_) {
    inotify_ = Fd{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    constexpr std::uint32_t kEvents = IN_MODIFY | IN_CREATE | IN_MOVED_TO;
    if (inotify_ && ::inotify_add_watch(inotify_.get(), directory_.path().c_str(), kEvents) < 0) {
      inotify_.reset();
    }
  }
  return inotify_.get();
}

void Reader::clear_wake() {
  std::array<char, 4096> events{};
  while (inotify_ && ::read(inotify_.get(), events.data(), events.size()) > 0) {
  }
}

}  // namespace tbgw::spool
