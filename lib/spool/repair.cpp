// SPDX-License-Identifier: Apache-2.0
#include "spool/repair.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>

#include "core/fd.hpp"
#include "core/status.hpp"
#include "spool/note.hpp"
#include "spool/segment.hpp"
#include "spool/segment_bytes.hpp"

namespace tbgw::spool {
namespace {

constexpr const char* kQuarantine = "quarantine";
constexpr const char* kTemporary = "repair.tmp";

void append_note(std::string& out, const Identity& identity, const Note& note) {
  append_record(out, identity, 0, note_payload(note));
}

void append_gone(std::string& out, const Identity& identity, std::uint64_t first,
                 std::uint64_t last) {
  Note note;
  note.gone.emplace(first, last);
  append_note(out, identity, note);
}

/// The valid pieces of a segment: its header, other notes, records by number.
struct Pieces {
  std::optional<Note> header;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gone;
  std::optional<Note> counters;
  std::map<std::uint64_t, std::string_view> records;  ///< as they are stored
};

Pieces take_apart(const Identity& identity, const SegmentSurvey& found, std::string_view bytes) {
  using Part = SegmentScan::Part;
  Pieces pieces;
  SegmentScan scan(identity, bytes.substr(0, found.used));
  for (Part part = scan.next(); part.kind != Part::Kind::end; part = scan.next()) {
    if (part.kind == Part::Kind::record) {
      const auto is_here = [&](const DamagedSpan& span) {
        return span.offset <= part.offset && part.offset < span.offset + span.bytes;
      };
      const bool misplaced = std::any_of(found.damage.begin(), found.damage.end(), is_here);
      if (!misplaced) pieces.records.emplace(part.seq, bytes.substr(part.offset, part.size));
    }
    if (part.kind != Part::Kind::note) continue;
    const Note note = parse_note(part.payload);
    if (!note.id.empty()) {
      pieces.header = note;
    } else if (note.gone) {
      const bool usable = note.gone->first <= note.gone->second && note.gone->second <= kMostSeq;
      if (usable) pieces.gone.push_back(*note.gone);
    } else if (note.dropped) {
      pieces.counters = note;
    }
  }
  return pieces;
}

/// Writes a file of the directory: all of it is on the disk, or it is not there.
void write_file(const Directory& directory, const std::string& name, std::string_view bytes) {
  const Fd out{::openat(directory.fd(), name.c_str(),
                        O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!out) throw_errno(Status::cannot_create, directory.file(name));
  const auto wrote = write_all(out.get(), bytes);
  if (!wrote) {
    throw Fatal(Status::io_error, directory.file(name) + ": " + wrote.error().text);
  }
  if (::fsync(out.get()) != 0) throw_errno(Status::io_error, directory.file(name));
}

class Mender {
 public:
  explicit Mender(const Directory& directory) : directory_(directory) {}

  Repair run() {
    result_.found = survey(directory_, std::chrono::milliseconds{0});  // nobody writes
    if (result_.found.format_damaged) {
      attempt([this] {
        directory_.write_format();
        return directory_.file("FORMAT") + ": written anew";
      });
    }
    Surveyor surveyor(least_position(result_.found.cursors));
    const auto& segments = result_.found.segments;
    for (std::size_t index = 0; index < segments.size(); ++index) {
      const SegmentBytes read = read_segment(directory_, segments[index].name);
      const bool newest = index + 1 == segments.size();
      const auto next = newest ? std::nullopt : std::optional(segments[index + 1].name);
      const SegmentSurvey found =
          surveyor.look(directory_.identity(), segments[index].name, next, read.bytes);
      if (read.error != 0) {
        result_.failed.push_back(directory_.file(found.name.text()) + ": " +
                                 errno_text(read.error));
      } else if (!found.damage.empty() || !found.missing.empty() || found.disordered > 0) {
        attempt([&] { return mend_segment(found, read.bytes, surveyor.expected(), newest); });
      }
    }
    for (const CursorState& cursor : result_.found.cursors) {
      if (cursor.valid_slots < 2) attempt([&] { return mend_cursor(cursor); });
    }
    return std::move(result_);
  }

 private:
  template <class Step>
  void attempt(Step step) {
    try {
      result_.done.push_back(step());
    } catch (const Fatal& failed) {
      result_.failed.emplace_back(failed.what());
    }
  }

  std::string mend_segment(const SegmentSurvey& found, std::string_view bytes,
                           std::uint64_t expected, bool newest) {
    const std::string name = found.name.text();
    for (const DamagedSpan& span : found.damage)
      quarantine(name, span, bytes);
    const std::string mended =
        repaired_segment(directory_.identity(), found, bytes, expected, newest);
    const std::string file = directory_.file(name);
    if (mended.empty()) {
      if (::unlinkat(directory_.fd(), name.c_str(), 0) != 0) throw_errno(Status::io_error, file);
    } else {
      write_file(directory_, kTemporary, mended);
      if (::renameat(directory_.fd(), kTemporary, directory_.fd(), name.c_str()) != 0) {
        throw_errno(Status::io_error, file);
      }
    }
    if (const int error = directory_.sync(); error != 0) {
      throw Fatal(Status::io_error, directory_.path() + ": " + errno_text(error));
    }
    const std::string kept = std::to_string(found.records) + " records kept";
    return file + (mended.empty() ? ": removed, it held nothing" : ": mended, " + kept);
  }

  /// Never over an earlier file: a segment may be damaged twice.
  void quarantine(const std::string& name, const DamagedSpan& span, std::string_view bytes) {
    if (::mkdirat(directory_.fd(), kQuarantine, 0700) != 0 && errno != EEXIST) {
      throw_errno(Status::cannot_create, directory_.file(kQuarantine));
    }
    std::string file = std::string{kQuarantine} + "/" + name + "." + std::to_string(span.offset);
    struct stat ignored {};
    const std::string base = file;
    for (int copy = 1; ::fstatat(directory_.fd(), file.c_str(), &ignored, 0) == 0; ++copy)
      file = base + "." + std::to_string(copy);
    write_file(directory_, file, bytes.substr(span.offset, span.bytes));
    const Fd folder{::openat(directory_.fd(), kQuarantine, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder || ::fsync(folder.get()) != 0) {
      throw_errno(Status::io_error, directory_.file(kQuarantine));
    }
  }

  std::string mend_cursor(const CursorState& state) {
    const Cursor cursor(directory_, state.name, 0);  // mends what it opens
    return directory_.file("cursor." + state.name) + ": mended, at " +
           std::to_string(cursor.position());
  }

  const Directory& directory_;
  Repair result_;
};

}  // namespace

Repair repair(const Directory& directory) {
  return Mender(directory).run();
}

std::string repaired_segment(const Identity& identity, const SegmentSurvey& found,
                             std::string_view bytes, std::uint64_t expected, bool keep) {
  Pieces pieces = take_apart(identity, found, bytes);
  for (const MissingNumbers& missing : found.missing)
    pieces.gone.emplace_back(missing.first, missing.last);
  std::sort(pieces.gone.begin(), pieces.gone.end());
  std::uint64_t broken = 0;
  if (keep && !found.damage.empty() &&
      found.damage.back().offset + found.damage.back().bytes == found.used) {
    broken = found.damage.back().broken_records;  // their numbers may have been seen
  }
  if (!keep && pieces.records.empty() && pieces.gone.empty()) return "";

  std::string out;
  Note header = pieces.header.value_or(Note{});
  header.id = identity.id;
  header.first = found.name.first;
  header.gone.reset();
  append_note(out, identity, header);
  auto gone = pieces.gone.begin();
  const auto append_gone_before = [&](std::uint64_t seq) {
    while (gone != pieces.gone.end() && gone->first < seq) {
      append_gone(out, identity, gone->first, std::min(gone->second, seq - 1));
      gone->first = seq;
      if (gone->second < seq) ++gone;
    }
  };
  for (const auto& [seq, record] : pieces.records) {
    append_gone_before(seq);
    out.append(record);
    // It was only out of order, if it was thought to be missing.
    if (gone != pieces.gone.end() && gone->first == seq && gone->second > seq) {
      gone->first = seq + 1;
    } else if (gone != pieces.gone.end() && gone->first == seq) {
      ++gone;
    }
  }
  append_gone_before(UINT64_MAX);
  if (broken > 0) append_gone(out, identity, expected, expected + broken - 1);
  if (pieces.counters) append_note(out, identity, *pieces.counters);
  return out;
}

}  // namespace tbgw::spool
