// SPDX-License-Identifier: Apache-2.0
#include "run/statistics_machine.hpp"

#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "core/fd.hpp"
#include "core/number.hpp"
#include "core/status.hpp"

namespace tbgw::run {
namespace {

/// "" if it cannot be read: processes end while we look.
std::string text_of(const std::string& path) {
  try {
    return read_file(path);
  } catch (const Fatal&) {
    return "";
  }
}

std::uint64_t number_at(std::string_view text) {
  const std::size_t first = text.find_first_of("0123456789");
  std::uint64_t value = 0;
  if (first != std::string_view::npos) {
    std::from_chars(text.data() + first, text.data() + text.size(), value);
  }
  return value;
}

/// "MemAvailable:  123 kB" in bytes.
std::uint64_t memory_line(const std::string& text, std::string_view name) {
  const std::size_t at = text.find(name);
  return at == std::string::npos ? 0 : number_at(std::string_view{text}.substr(at)) * 1024;
}

/// The fields of /proc/PID/stat from the third on: the second is a name that may hold anything.
std::vector<std::string_view> fields_of(std::string_view stat) {
  std::vector<std::string_view> fields;
  const std::size_t end = stat.rfind(')');
  if (end == std::string_view::npos) return fields;
  stat.remove_prefix(end + 1);
  while (!stat.empty()) {
    const std::size_t first = stat.find_first_not_of(' ');
    if (first == std::string_view::npos) break;
    stat.remove_prefix(first);
    const std::size_t length = std::min(stat.find(' '), stat.size());
    fields.push_back(stat.substr(0, length));
    stat.remove_prefix(length);
  }
  return fields;
}

void add_process(Machine& machine, pid_t pid) {
  const std::string stat = text_of("/proc/" + std::to_string(pid) + "/stat");
  const auto fields = fields_of(stat);
  // proc(5): utime is field 14, stime 15, rss 24; fields[0] is field 3.
  if (fields.size() < 22) return;
  const auto ticks = static_cast<double>(number_at(fields[11]) + number_at(fields[12]));
  machine.cpu_seconds += ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  machine.resident += number_at(fields[21]) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return 0;
  return std::round(static_cast<double>(part) * 1000 / static_cast<double>(whole)) / 10;
}

}  // namespace

nlohmann::json machine_stats(const Machine& machine) {
  nlohmann::json out = nlohmann::json::object();
  out["totalCpuUsage"] = std::round(machine.load * 1000 / machine.cores) / 10;
  out["diskUsage"] = percent(machine.total_disk - machine.free_disk, machine.total_disk);
  out["freeDisk"] = machine.free_disk;
  out["freeMemory"] = percent(machine.free_memory, machine.total_memory);
  out["gwProcessCpuUsage"] = std::round(machine.cpu_share * 10) / 10;
  out["gwMemory"] = percent(machine.resident, machine.total_memory);
  out["gwProcessMemoryFullInfo"]["rss"] = machine.resident;
  return out;
}

Machine look_at_machine(const std::vector<pid_t>& processes, const std::string& folder) {
  Machine machine;
  const std::string memory = text_of("/proc/meminfo");
  machine.total_memory = memory_line(memory, "MemTotal:");
  machine.free_memory = memory_line(memory, "MemAvailable:");
  struct statvfs disk {};
  if (::statvfs(folder.empty() ? "/" : folder.c_str(), &disk) == 0) {
    machine.total_disk = std::uint64_t{disk.f_blocks} * disk.f_frsize;
    machine.free_disk = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  }
  machine.cores = static_cast<unsigned>(std::max(1, ::get_nprocs()));
  double loads[3] = {0, 0, 0};
  if (::getloadavg(loads, 3) == 3) machine.load = loads[2];
  for (const pid_t pid : processes)
    add_process(machine, pid);
  return machine;
}

Machine MachineWatch::look(const std::vector<pid_t>& processes, const std::string& folder,
                           std::int64_t uptime_ms) {
  Machine machine = look_at_machine(processes, folder);
  // A process that ended takes its seconds along: then there is nothing to tell.
  if (up_ms_ >= 0 && uptime_ms > up_ms_ && machine.cpu_seconds >= cpu_seconds_) {
    machine.cpu_share =
        (machine.cpu_seconds - cpu_seconds_) * 100'000 / static_cast<double>(uptime_ms - up_ms_);
  }
  cpu_seconds_ = machine.cpu_seconds;
  up_ms_ = uptime_ms;
  return machine;
}

}  // namespace tbgw::run
