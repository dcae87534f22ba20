// SPDX-License-Identifier: Apache-2.0
// Notes: records with the number 0, in which writers and `repair` tell readers about a segment.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/time.hpp"
#include "spool/format.hpp"

namespace tbgw::spool {

/// Which members there are depends on what the note is for.
struct Note {
  std::uint64_t first = 0;               ///< header: the segment's first number
  std::string id;                        ///< header: the spool's identity, should FORMAT be lost
  EpochMs time = 0;                      ///< header: when the segment was begun
  std::optional<std::uint64_t> dropped;  ///< header, and at an orderly end
  std::optional<std::uint64_t> damaged;
  /// The numbers first..last are in no record from here on: done or dropped before they were
  /// written, or taken out by `repair`. Nothing to report.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> gone;
  bool operator==(const Note&) const = default;
};
std::string note_payload(const Note& note);
/// Unknown members are ignored; what is not of the form is left at its default.
Note parse_note(std::string_view payload);

/// The identity that the header at the beginning of these bytes names and proves by its own
/// checksum.
std::optional<Identity> identity_in_header(std::string_view bytes);

}  // namespace tbgw::spool
