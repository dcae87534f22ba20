// SPDX-License-Identifier: Apache-2.0
#include "mqtt/tls_trouble.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <string_view>

namespace tbgw::mqtt {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// "OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version number" -> its last part.
std::string_view last_part(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  return colon == std::string_view::npos ? text : text.substr(colon + 1);
}

/// The side that speaks here will say the same tomorrow.
bool is_final(std::string_view error) {
  if (has(error, "alert internal error")) return false;
  return has(error, " alert ") || has(error, "wrong version number") ||
         has(error, "unsupported protocol") || has(error, "handshake failure");
}

}  // namespace

TlsTrouble look_at_tls(void* ssl, const std::vector<std::string>& library_errors,
                       const std::string& host) {
  for (const std::string& error : library_errors) {
    if (has(error, "Unable to load") || has(error, "inconsistent")) return {error, true, false};
  }
  for (const std::string& error : library_errors) {
    if (has(error, "host name verification failed")) {
      return {"the server's certificate is not for " + host, false, true};
    }
  }
  const bool unverified =
      std::any_of(library_errors.begin(), library_errors.end(),
                  [](const std::string& error) { return has(error, "certificate verify failed"); });
  if (unverified) {
    std::string text = "the server's certificate is not trusted";
    if (ssl != nullptr) {
      const long result = SSL_get_verify_result(static_cast<const SSL*>(ssl));
      text.append(": ").append(X509_verify_cert_error_string(result));
    }
    return {text, false, true};
  }
  for (const std::string& error : library_errors) {
    if (has(error, "OpenSSL Error")) {
      std::string text = "TLS: " + std::string{last_part(error)};
      const bool no_tls = has(error, "wrong version number") || has(error, "http request") ||
                          has(error, "packet length too long");
      return {text, false, is_final(error), no_tls, has(error, "unexpected eof")};
    }
  }
  return {};
}

}  // namespace tbgw::mqtt
