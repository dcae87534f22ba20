// SPDX-License-Identifier: Apache-2.0
// The checksums that ThingsBoard has for images.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::tb {

/// True if the file has this checksum, in hex. `algorithm` as ThingsBoard names it: MD5, SHA256,
/// SHA384, SHA512, MURMUR3_128, or CRC32 and MURMUR3_32 (whose bytes may come in either order). An
/// error: another algorithm, or the file cannot be read.
Result<bool> has_checksum(const std::string& path, std::string_view algorithm,
                          std::string_view hex);

}  // namespace tbgw::tb
