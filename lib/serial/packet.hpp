// SPDX-License-Identifier: Apache-2.0
// The two byte-stuffing codes: SLIP (RFC 1055) and COBS (Cheshire and Baker, 1999).
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::serial {

/// Stands between SLIP frames.
inline constexpr char kSlipEnd = '\xc0';

/// The data of one SLIP frame, its END bytes not included. Error: an escape that means nothing.
Result<std::string> slip_decode(std::string_view frame);
/// The data of one COBS frame, its zero byte not included. Error: a code that points past the end.
Result<std::string> cobs_decode(std::string_view frame);

}  // namespace tbgw::serial
