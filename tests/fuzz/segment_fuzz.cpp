// SPDX-License-Identifier: Apache-2.0
// library: spool
// Any bytes as a segment: every byte belongs to one part, a record is one to the bit, windows of
// any size see the same records as the whole, and a repaired segment is sound and has them all.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "spool/note.hpp"
#include "spool/repair.hpp"
#include "spool/segment.hpp"
#include "spool/survey.hpp"

namespace {

using namespace tbgw::spool;
using Part = SegmentScan::Part;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Everything that is a record or a note, as it is stored, by offset.
std::map<std::size_t, std::string_view> whole_scan(const Identity& identity,
                                                   std::string_view bytes) {
  std::map<std::size_t, std::string_view> found;
  std::size_t at = 0;
  SegmentScan scan(identity, bytes);
  for (Part part = scan.next(); part.kind != Part::Kind::end; part = scan.next()) {
    require(part.offset == at && part.size > 0);
    at += part.size;
    const std::string_view text = bytes.substr(part.offset, part.size);
    if (part.kind == Part::Kind::unused) {
      require(text.find_first_not_of('\0') == text.npos && at == bytes.size());
    } else if (part.kind == Part::Kind::damage) {
      require(at < bytes.size() || text.back() != '\0');
    } else {
      std::string again;
      append_record(again, identity, part.seq, part.payload);
      require(again == text);
      found[part.offset] = text;
    }
  }
  require(at == bytes.size());
  return found;
}

/// The same through a window that grows by `step` bytes.
void window_scan(const Identity& identity, std::string_view bytes, std::size_t step,
                 std::map<std::size_t, std::string_view> wanted) {
  std::size_t at = 0;
  std::size_t end = 0;
  while (at < bytes.size()) {
    const bool whole = end == bytes.size();
    const Piece piece = first_piece(identity, bytes.substr(at, end - at), whole);
    if (piece.kind == Piece::Kind::more) {
      require(!whole);
      end = std::min(end + step, bytes.size());
      continue;
    }
    require(piece.size > 0 && at + piece.size <= end);
    if (piece.kind == Piece::Kind::record) {
      require(wanted.count(at) == 1 && wanted[at].size() == piece.size);
      wanted.erase(at);
    }
    at += piece.size;
  }
  require(wanted.empty());
}

void check_repair(const Identity& identity, std::string_view bytes, bool newest) {
  const SegmentName name{5, 0};
  const auto next = newest ? std::nullopt : std::optional(SegmentName{1000, 0});
  Surveyor first(std::nullopt);
  const SegmentSurvey found = first.look(identity, name, next, bytes);
  const std::string mended = repaired_segment(identity, found, bytes, first.expected(), newest);
  Surveyor second(std::nullopt);
  const SegmentSurvey again = second.look(identity, name, next, mended);
  require(again.damage.empty() && again.missing.empty() && again.disordered == 0);
  require(again.first == found.first && again.last == found.last);
  require(second.expected() >= first.expected());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  static const Identity identity{"00112233445566778899aabbccddeeff"};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t step = data[0] % 64 + 1U;
  window_scan(identity, bytes, step, whole_scan(identity, bytes));
  check_repair(identity, bytes, true);
  check_repair(identity, bytes, false);
  identity_in_header(bytes);
  return 0;
}
