// SPDX-License-Identifier: Apache-2.0
#include "convert/slice.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tbgw::convert {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

Error missing(std::string_view delimiter, std::string_view record) {
  return Error{"no delimiter " + in_quotes(delimiter) + " in " + in_quotes(record)};
}

Result<std::string_view> between(const Slice& slice, std::string_view record) {
  std::string_view value = record;
  if (!slice.from_delimiter.empty()) {
    const std::size_t at = value.find(slice.from_delimiter);
    if (at == kNone) return missing(slice.from_delimiter, record);
    value.remove_prefix(at + slice.from_delimiter.size());
  }
  if (!slice.until_delimiter.empty()) {
    const std::size_t at = value.find(slice.until_delimiter);
    if (at == kNone) return missing(slice.until_delimiter, value);
    value = value.substr(0, at);
  }
  return value;
}

Error too_short(std::string_view record, std::string_view position, std::int64_t wanted) {
  return Error{"the record has " + std::to_string(record.size()) + " bytes, " +
               std::string{position} + " is " + std::to_string(wanted)};
}

Result<std::string_view> at_positions(const Slice& slice, std::string_view record) {
  const auto size = static_cast<std::int64_t>(record.size());
  const std::int64_t from = slice.from_byte < 0 ? size + slice.from_byte : slice.from_byte;
  if (from < 0 || (slice.from_byte > 0 && from >= size)) {
    return too_short(record, "fromByte", slice.from_byte);
  }
  std::int64_t to = size;
  if (slice.to_byte)
    to = *slice.to_byte < 0 ? size + *slice.to_byte : std::min(size, *slice.to_byte);
  if (to < from) return too_short(record, "toByte", *slice.to_byte);
  return record.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
}

/// record[from:to] as Python counts.
std::string_view python_slice(std::string_view record, std::int64_t from, std::int64_t to) {
  const auto size = static_cast<std::int64_t>(record.size());
  from = std::clamp<std::int64_t>(from < 0 ? from + size : from, 0, size);
  to = std::clamp<std::int64_t>(to < 0 ? to + size : to, 0, size);
  if (from >= to) return record.substr(0, 0);
  return record.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
}

std::string_view reference_between(const Slice& slice, std::string_view record) {
  const std::size_t from = slice.from_delimiter.empty() ? 0 : record.find(slice.from_delimiter);
  const std::size_t until =
      slice.until_delimiter.empty() ? kNone : record.find(slice.until_delimiter);
  if (from != kNone && until != kNone && from < until) return record.substr(from, until - from);
  if (from != kNone && from < record.size()) return record.substr(from);
  if (until != kNone && until < record.size()) return record.substr(0, until);
  return record;
}

std::string_view reference_positions(const Slice& slice, std::string_view record) {
  const auto size = [](std::string_view bytes) { return static_cast<std::int64_t>(bytes.size()); };
  const std::int64_t from = slice.from_byte;
  const std::int64_t to = slice.to_byte.value_or(0);  // 0 counts as absent there
  if (from != 0 && to != 0 && from < to && size(record) > to) return python_slice(record, to, from);
  if (from != 0 && size(record) > from) record = python_slice(record, from, size(record));
  if (to != 0 && (size(record) > to || to == -1)) record = python_slice(record, 0, to);
  return record;
}

}  // namespace

Result<std::string_view> cut(const Slice& slice, std::string_view record, bool compat) {
  switch (slice.by) {
    case Slice::By::delimiters:
      if (compat) return reference_between(slice, record);
      return between(slice, record);
    case Slice::By::positions:
      if (compat) return reference_positions(slice, record);
      return at_positions(slice, record);
    case Slice::By::whole:
      break;
  }
  return record;
}

}  // namespace tbgw::convert
