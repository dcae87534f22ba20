// SPDX-License-Identifier: Apache-2.0
// What the converters share about lines: what became of one, what stands in front of it, where it
// came from, and the bytes it carries. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/json_view.hpp"
#include "core/line_reader.hpp"
#include "core/record.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// What to say about a line that was dealt with. The views live until the next line.
struct Outcome {
  std::string_view rejected;  ///< why something of it could not be converted, "" = nothing was lost
  std::string_view note;      ///< worth knowing with -v, ""
  std::string_view notice;    ///< worth knowing once, without -v too, ""
};

/// The members of a line that the converters know, found in one pass; nullptr = absent.
struct Members {
  std::span<const JsonMember> all;
  const JsonMember* spool = nullptr;
  const JsonMember* event = nullptr;
  const JsonMember* send = nullptr;
  const JsonMember* rpc = nullptr;
  const JsonMember* data = nullptr;
  const JsonMember* ts = nullptr;
  const JsonMember* source = nullptr;
  const JsonMember* device = nullptr;
  const JsonMember* encoding = nullptr;
  const JsonMember* clock = nullptr;
  const JsonMember* number = nullptr;    ///< `_n`
  const JsonMember* accepted = nullptr;  ///< `_t`

  /// As kind_of() in core/record.hpp decides it.
  [[nodiscard]] LineKind kind() const;
};
/// The pointers live as long as `members`.
Members look_at(std::span<const JsonMember> members);

/// Members that may stand in front of any line: raw JSON, "" = absent.
struct Envelope {
  std::string_view number;    ///< `_n`, the spool's number of this delivery
  std::string_view accepted;  ///< `_t`, the spool's time of acceptance
};
Envelope envelope_of(const Members& members);
/// The number of a line that is no valid JSON, if it begins as a spool writes it.
Envelope envelope_of_broken(std::string_view line);

/// Appends `{` and the envelope, each member with its comma: another must follow.
void open_line(std::string& out, const Envelope& envelope);
/// Appends `{"_n":N}` and a newline, if there is a number: whoever counts must see every line.
void append_nothing(std::string& out, const Envelope& envelope);

/// The text of a string member, "" if `member` is nullptr. Another type is an error, which says
/// `key`.
Result<std::string_view> text_of(const JsonMember* member, std::string_view key);

/// The `ts` of a raw record as it stands there ("" = none), which must be whole milliseconds.
Result<std::string_view> stamp_of(const Members& members);
/// Its `clock`, which must be an object; "" = none.
Result<std::string_view> clock_of(const Members& members);

/// The value of the member that says where a line came from, as its `source` calls it; of one
/// without a source, the member `fallback`. "" = absent.
Result<std::string_view> address_of(const Members& members, std::string_view fallback);

/// The bytes in `data` of raw records and answers. Reuse one object; it keeps its memory.
class FrameBytes {
 public:
  /// A view into the record or into this object; lives until the next call.
  Result<std::string_view> read(const Members& members);

 private:
  std::string decoded_;
};

/// Says why a line cannot be looked at: empty, too long; "" = it can.
std::string_view unreadable(const Line& line);

}  // namespace tbgw::convert
