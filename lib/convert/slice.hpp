// SPDX-License-Identifier: Apache-2.0
// Finding a field's bytes in a record. Pure.
#pragma once

#include <string_view>

#include "convert/map.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// The bytes of `record` that `slice` means; a view into `record`. Errors: a delimiter that is not
/// there, a position the record does not reach.
///
/// With `compat` it does what the reference gateway's serial converter does, which never fails:
/// fromDelimiter belongs to the value, untilDelimiter is searched from the start of the record, a
/// missing delimiter is as if it were not asked for, two positions in order give nothing, and a
/// fromByte behind the end gives the whole record.
Result<std::string_view> cut(const Slice& slice, std::string_view record, bool compat);

}  // namespace tbgw::convert
