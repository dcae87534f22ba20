// SPDX-License-Identifier: Apache-2.0
// The reference's files for the smaller connectors as maps.
#pragma once

#include "convert/import.hpp"
#include "core/config.hpp"

namespace tbgw::convert {

// `root`: the whole file. Fatal 78.
Imported import_socket(ConfigTable& root, bool compat);
Imported import_ftp(ConfigTable& root, bool compat);
Imported import_can(ConfigTable& root, bool compat);
Imported import_ble(ConfigTable& root, bool compat);
Imported import_odbc(ConfigTable& root, bool compat);
Imported import_snmp(ConfigTable& root, bool compat);
Imported import_xmpp(ConfigTable& root, bool compat);

}  // namespace tbgw::convert
