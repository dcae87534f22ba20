// SPDX-License-Identifier: Apache-2.0
#include "tbgw-push-firmware.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "core/log.hpp"
#include "core/status.hpp"

namespace tbgw {
namespace {

std::string checked(const std::string& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) throw_errno(Status::no_input, folder);
  if (!S_ISDIR(info.st_mode)) throw Fatal(Status::no_input, folder + ": is no folder");
  if (::access(folder.c_str(), W_OK | X_OK) != 0) throw_errno(Status::cannot_create, folder);
  return folder;
}

}  // namespace

FirmwareLink::FirmwareLink(const std::string& folder, tb::Uplink& uplink, Output& output)
    : uplink_(uplink), output_(output), firmware_(checked(folder)) {}

void FirmwareLink::connection_up(tb::Time now) {
  firmware_.connection_up(now);
  pass_on(now);
}

bool FirmwareLink::message(std::string_view topic, std::string_view payload, tb::Time now) {
  const bool ours = firmware_.message(topic, payload, now);
  pass_on(now);
  return ours;
}

void FirmwareLink::tick(tb::Time now) {
  firmware_.tick(now);
  pass_on(now);
}

void FirmwareLink::pass_on(tb::Time now) {
  for (tb::Firmware::Say& say : firmware_.take_messages())
    uplink_.say(std::move(say.topic), std::move(say.payload), now);
  for (std::string& event : firmware_.take_events())
    output_.push(std::move(event), true);
  for (const std::string& warning : firmware_.take_warnings())
    log::limited(log::Level::warning, "firmware", warning);
}

}  // namespace tbgw
