// SPDX-License-Identifier: Apache-2.0
// FIFOs that carry lines between processes that come and go.
#pragma once

#include <string>

namespace tbgw {

/// True if `path` can hold a FIFO; it is made (0600) if nothing is there. False: this file system
/// has none. Fatal 73 for every other reason.
bool make_fifo(const std::string& path);

}  // namespace tbgw
