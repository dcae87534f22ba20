// SPDX-License-Identifier: Apache-2.0
#include "serial/port_list.hpp"

#include <dirent.h>
#include <libserialport.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "serial/holder.hpp"

namespace tbgw::serial {
namespace {

std::string text_of(const char* text) {
  return text == nullptr ? "" : text;
}

std::string four_hex(int value) {
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "%04x", static_cast<unsigned>(value) & 0xffffU);
  return digits.data();
}

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), ::free);
  return real ? std::string{real.get()} : "";
}

std::string by_id_name(const std::string& port) {
  const std::string folder = "/dev/serial/by-id";
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    std::string name = folder + "/" + std::string{entry->d_name};
    if (entry->d_name[0] != '.' && real_path(name) == port) return name;
  }
  return "";
}

PortInfo info_of(const sp_port* port) {
  PortInfo info;
  info.port = text_of(sp_get_port_name(port));
  info.description = text_of(sp_get_port_description(port));
  info.by_id = by_id_name(info.port);
  switch (sp_get_port_transport(port)) {
    case SP_TRANSPORT_NATIVE:
      info.transport = "native";
      break;
    case SP_TRANSPORT_BLUETOOTH:
      info.transport = "bluetooth";
      break;
    case SP_TRANSPORT_USB:
      info.transport = "usb";
      info.serial = text_of(sp_get_port_usb_serial(port));
      info.manufacturer = text_of(sp_get_port_usb_manufacturer(port));
      info.product = text_of(sp_get_port_usb_product(port));
      int vid = 0;
      int pid = 0;
      if (sp_get_port_usb_vid_pid(port, &vid, &pid) == SP_OK) {
        info.vid = four_hex(vid);
        info.pid = four_hex(pid);
      }
      break;
  }
  return info;
}

}  // namespace

std::vector<PortInfo> list_ports() {
  std::vector<PortInfo> out;
  sp_port** ports = nullptr;
  if (sp_list_ports(&ports) != SP_OK) return out;
  const std::unique_ptr<sp_port*, void (*)(sp_port**)> owner(ports, sp_free_port_list);
  for (sp_port** port = ports; *port != nullptr; ++port)
    out.push_back(info_of(*port));
  std::sort(out.begin(), out.end(),
            [](const PortInfo& a, const PortInfo& b) { return a.port < b.port; });
  return out;
}

std::string port_line(const PortInfo& info) {
  nlohmann::ordered_json line{{"port", info.port}};
  const auto add = [&line](const char* key, const std::string& value) {
    if (!value.empty()) line[key] = value;
  };
  add("description", info.description);
  add("transport", info.transport);
  add("vid", info.vid);
  add("pid", info.pid);
  add("serial", info.serial);
  add("manufacturer", info.manufacturer);
  add("product", info.product);
  add("byId", info.by_id);
  if (const auto holders = lock_holders_of(info.port); !holders.empty()) {
    line["heldBy"] = {{"pid", holders.front().pid}, {"program", holders.front().program}};
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::variant<std::string, PortError> pick_usb(const std::vector<PortInfo>& ports,
                                              const UsbName& wanted) {
  std::vector<const PortInfo*> found;
  for (const PortInfo& info : ports) {
    const bool fits = info.vid == wanted.vid && info.pid == wanted.pid &&
                      (wanted.serial.empty() || info.serial == wanted.serial);
    if (fits) found.push_back(&info);
  }
  if (found.empty()) {
    return PortError{PortError::Why::absent,
                     "no such USB device; what is there: tbgw-serial --list"};
  }
  if (found.size() == 1) return found.front()->port;
  std::string names;
  for (const PortInfo* info : found) {
    names += (names.empty() ? "" : ", ") + info->port;
    if (!info->serial.empty()) names += " (serial " + info->serial + ")";
  }
  return PortError{PortError::Why::unsuitable,
                   "several USB devices are called so: " + names +
                       "; add the serial number, or use a name of /dev/serial/by-path"};
}

std::variant<std::string, PortError> locate(const std::string& name) {
  if (!is_usb_name(name)) return name;
  const auto usb = parse_usb_name(name);
  if (!usb) return PortError{PortError::Why::unsuitable, usb.error().text};
  return pick_usb(list_ports(), *usb);
}

std::string port_list_version() {
  return std::string{"libserialport "} + sp_get_package_version_string();
}

}  // namespace tbgw::serial
