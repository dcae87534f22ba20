// SPDX-License-Identifier: Apache-2.0
// library: spool
// The small texts of a spool, from any bytes: cursor files, FORMAT, names, notes, dead letters,
// times. What is accepted is exactly what we write.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "spool/cursor.hpp"
#include "spool/dead_letters.hpp"
#include "spool/moment.hpp"
#include "spool/note.hpp"

namespace {

using namespace tbgw::spool;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_cursor(std::string_view bytes) {
  static const Identity identity{"00112233445566778899aabbccddeeff"};
  // The two slots behind each other, so that short inputs reach both.
  std::string file(bytes.substr(0, bytes.size() / 2));
  file.resize(kCursorSlot, '\0');
  file.append(bytes.substr(bytes.size() / 2));
  const CursorState state = parse_cursor(identity, file);
  require(state.valid_slots >= 0 && state.valid_slots <= 2);
  if (state.valid_slots == 0) {
    require(state.position == 0);
    return;
  }
  const std::string slot = cursor_slot(identity, state.generation, state.position);
  require(file.compare(state.generation % 2 * kCursorSlot, slot.size(), slot) == 0);
}

void check_names(std::string_view bytes) {
  if (const auto format = parse_format_line(bytes); format && format->version == kFormatVersion) {
    require(format_line(format->identity) == bytes);
  }
  if (const auto name = SegmentName::parse(bytes)) require(name->text() == bytes);
  if (valid_cursor_name(bytes)) require(bytes.find('/') == bytes.npos && bytes.front() != '.');
}

void check_texts(std::string_view bytes) {
  const Note note = parse_note(bytes);
  if (note.id.size() == kIdSize && note.first != 0) {
    require(parse_note(note_payload(note)) == note);
  }
  if (const auto letter = parse_dead(bytes)) {
    const auto again = parse_dead(dead_payload(*letter));
    require(again && again->record == letter->record && again->seq == letter->seq);
  }
  // A dead letter keeps any bytes.
  DeadLetter any;
  any.record = bytes;
  require(parse_dead(dead_payload(any))->record == bytes);
  if (const auto time = parse_moment(bytes, 1'790'000'000'000)) format_moment(*time);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMostPayload / 8) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_cursor(bytes);
  check_names(bytes);
  check_texts(bytes);
  return 0;
}
