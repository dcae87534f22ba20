// SPDX-License-Identifier: Apache-2.0
// The reference's three event storages as limits of one spool.
#include <algorithm>
#include <string>

#include "core/text.hpp"
#include "run/reference_parts.hpp"

namespace tbgw::run {
namespace {

/// The reference counts records of one device's data, a spool bytes: what one takes on average.
constexpr std::int64_t kRecordBytes = 512;
/// What a spool cannot be smaller than to work as one.
constexpr std::int64_t kLeast = std::int64_t{1} << 20;

void limit(Spool& spool, std::int64_t bytes) {
  const std::int64_t kibibytes = std::max(bytes, kLeast) / 1024;
  spool.options.insert(spool.options.end(), {"--max-bytes", std::to_string(kibibytes) + "K"});
}

std::int64_t count(ConfigTable& table, std::string_view key, std::int64_t usual) {
  return table.integer({key}, 1, 1'000'000'000).value_or(usual);
}

/// A folder of its own, as the reference's own files may lie there. What is relative is relative to
/// our state: the folder of the configuration is often not ours to write.
void place(Spool& spool, const std::string& folder, const std::string& state) {
  const bool absolute = !folder.empty() && folder.front() == '/';
  std::string base = absolute ? folder : state;
  while (base.size() > 1 && base.back() == '/')
    base.pop_back();
  spool.folder = base + (absolute ? "/tbgw-spool" : "/spool");
}

void ignore_all(ConfigTable& table) {
  // Sizes of the packs the reference reads, and how often it looks: a spool needs no such numbers.
  table.ignore({"type", "read_records_count", "max_records_count", "data_folder_path",
                "max_file_count", "max_read_records_count", "max_records_per_file",
                "max_records_between_fsync", "data_file_path", "messages_ttl_check_in_hours",
                "messages_ttl_in_days", "writing_batch_size", "size_limit", "max_db_amount",
                "oversize_check_period", "no_records_sleep_interval"});
}

}  // namespace

void read_reference_storage(ConfigTable& table, const Surroundings& around, Gateway& gateway) {
  Spool& spool = gateway.spool;
  ignore_all(table);
  const std::string type = table.text({"type"}).value_or("memory");
  if (type == "memory") {
    spool.memory = true;
    spool.folder.clear();
    limit(spool, count(table, "max_records_count", 10'000) * kRecordBytes);
  } else if (type == "file") {
    place(spool, table.text({"data_folder_path"}).value_or(""), around.state);
    limit(spool, count(table, "max_file_count", 5) * count(table, "max_records_per_file", 10'000) *
                     kRecordBytes);
  } else if (type == "sqlite") {
    place(spool, table.text({"data_file_path"}).value_or(""), around.state);
    limit(spool, count(table, "size_limit", 1024) * count(table, "max_db_amount", 10) *
                     (std::int64_t{1} << 20));
    const auto days = table.integer({"messages_ttl_in_days"}, 0, 100'000).value_or(7);
    if (days > 0) {
      spool.options.insert(spool.options.end(), {"--max-age", std::to_string(days) + "d"});
    }
  } else {
    table.fail("type", in_quotes(type) + " is no storage: memory, file or sqlite");
  }
  note_unknown(table, gateway);
}

}  // namespace tbgw::run
