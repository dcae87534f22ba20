// SPDX-License-Identifier: Apache-2.0
// Why TLS failed, in words that name the cause: libmosquitto only says "a TLS error occurred".
#pragma once

#include <string>
#include <vector>

namespace tbgw::mqtt {

struct TlsTrouble {
  std::string text;
  bool bad_files = false;  ///< our own certificate files cannot be used
  bool refused =
      false;  ///< one side does not trust the other, or they have no TLS version in common
  bool no_tls = false;   ///< what came is no TLS
  bool hung_up = false;  ///< nothing came
};

/// `ssl` is the SSL object of the failed connection, or nullptr; `library_errors` are the error
/// texts that libmosquitto logged.
TlsTrouble look_at_tls(void* ssl, const std::vector<std::string>& library_errors,
                       const std::string& host);

}  // namespace tbgw::mqtt
