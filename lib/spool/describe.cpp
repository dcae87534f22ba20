// SPDX-License-Identifier: Apache-2.0
#include "spool/describe.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/status.hpp"
#include "core/table.hpp"
#include "spool/moment.hpp"

namespace tbgw::spool {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit)
    value /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, kUnits.at(unit));
  return text.data();
}

std::string age_text(EpochMs then, EpochMs now) {
  if (then == 0) return "-";
  const EpochMs seconds = std::max<EpochMs>(now - then, 0) / 1000;
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  if (seconds < 172'800) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86'400) + " d";
}

EpochMs age_ms(EpochMs then, EpochMs now) {
  return then == 0 ? 0 : std::max<EpochMs>(now - then, 0);
}

std::string count_of(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

Rows cursor_rows(const SpoolStatus& status, EpochMs now) {
  Rows rows{{"CURSOR", "POSITION", "BEHIND", "BYTES", "OLDEST", ""}};
  for (const CursorStatus& cursor : status.cursors) {
    rows.push_back({cursor.state.name, std::to_string(cursor.state.position),
                    std::to_string(cursor.records), size_text(cursor.bytes),
                    age_text(cursor.oldest, now), cursor.state.valid_slots == 2 ? "" : "damaged"});
  }
  return rows;
}

Json cursor_json(const CursorStatus& cursor, EpochMs now) {
  return {{"cursor", cursor.state.name},
          {"position", cursor.state.position},
          {"behind", cursor.records},
          {"bytes", cursor.bytes},
          {"oldestMs", age_ms(cursor.oldest, now)},
          {"validSlots", cursor.state.valid_slots}};
}

std::string range_text(const MissingNumbers& numbers) {
  return numbers.first == numbers.last ? "record " + std::to_string(numbers.first) + " is missing"
                                       : "records " + std::to_string(numbers.first) + " to " +
                                             std::to_string(numbers.last) + " are missing";
}

std::string slots_text(const CursorState& cursor) {
  return cursor.valid_slots == 1
             ? "one of two slots is damaged, the position is " + std::to_string(cursor.position)
             : "both slots are damaged, everything will be delivered again";
}

/// With numbers to the right.
std::string table(const Rows& rows) {
  return tbgw::table(rows, Align::right);
}

}  // namespace

std::string segments_text(const std::vector<SegmentStatus>& segments) {
  Rows rows{{"SEGMENT", "FIRST", "LAST", "BYTES", "MODIFIED"}};
  for (const SegmentStatus& segment : segments) {
    rows.push_back({segment.name.text(), std::to_string(segment.first),
                    std::to_string(segment.last), std::to_string(segment.bytes),
                    format_moment(segment.modified)});
  }
  return table(rows);
}

std::string segments_json(const std::vector<SegmentStatus>& segments) {
  std::string out;
  for (const SegmentStatus& segment : segments) {
    const Json json{{"segment", segment.name.text()},
                    {"first", segment.first},
                    {"last", segment.last},
                    {"bytes", segment.bytes},
                    {"modified", segment.modified}};
    out += json.dump() + "\n";
  }
  return out;
}

std::string status_text(const SpoolStatus& status, EpochMs now) {
  const std::uint64_t records = status.last + 1 - std::min(status.first, status.last + 1);
  std::string out =
      table({{"accepted", "last number " + std::to_string(status.last)},
             {"stored", count_of(records, "record") + ", " + count_of(status.segments, "segment") +
                            ", " + size_text(status.bytes)},
             {"free", size_text(status.free_bytes)},
             {"dropped", count_of(status.dropped, "record")},
             {"damaged", count_of(status.damaged, "record")}});
  for (const DeadStatus& dead : status.dead) {
    out += table({{dead.folder, count_of(dead.letters, "record")}});
  }
  return out + "\n" + cursors_text(status, now);
}

std::string status_json(const SpoolStatus& status, EpochMs now) {
  Json json{{"spool", status.path},           {"id", status.id},
            {"first", status.first},          {"last", status.last},
            {"segments", status.segments},    {"bytes", status.bytes},
            {"freeBytes", status.free_bytes}, {"dropped", status.dropped},
            {"damaged", status.damaged}};
  json["dead"] = Json::object();
  for (const DeadStatus& dead : status.dead)
    json["dead"][dead.folder] = dead.letters;
  json["cursors"] = Json::array();
  for (const CursorStatus& cursor : status.cursors)
    json["cursors"].push_back(cursor_json(cursor, now));
  return json.dump() + "\n";
}

std::string cursors_text(const SpoolStatus& status, EpochMs now) {
  return status.cursors.empty() ? "no cursors\n" : table(cursor_rows(status, now));
}

std::string cursors_json(const SpoolStatus& status, EpochMs now) {
  std::string out;
  for (const CursorStatus& cursor : status.cursors)
    out += cursor_json(cursor, now).dump() + "\n";
  return out;
}

std::string survey_text(std::string_view name, const Survey& survey) {
  const std::string in = std::string{name} + "/";
  std::string out;
  if (survey.format_damaged) out += in + "FORMAT: is damaged or missing\n";
  for (const SegmentSurvey& segment : survey.segments) {
    const std::string file = in + segment.name.text() + ": ";
    if (segment.error != 0) out += file + errno_text(segment.error) + "\n";
    for (const DamagedSpan& span : segment.damage) {
      out += file + count_of(span.bytes, "byte") + " at offset " + std::to_string(span.offset) +
             (span.bytes == 1 ? " is" : " are") + " damaged\n";
    }
    for (const MissingNumbers& numbers : segment.missing) {
      if (!numbers.done) out += file + range_text(numbers) + "\n";
    }
    if (segment.disordered > 0) {
      out += file + count_of(segment.disordered, "record") + " out of order\n";
    }
  }
  for (const CursorState& cursor : survey.cursors) {
    if (cursor.valid_slots < 2) {
      out += in + "cursor." + cursor.name + ": " + slots_text(cursor) + "\n";
    }
  }
  return out + std::string{name} + ": " + count_of(survey.segments.size(), "segment") + ", " +
         count_of(survey.records(), "record") + ", " +
         count_of(survey.damaged_spans(), "damaged span") + " of " +
         count_of(survey.damaged_bytes(), "byte") + ", " + count_of(survey.missing(), "record") +
         " missing\n";
}

std::string survey_json(std::string_view name, const Survey& survey) {
  std::string out;
  const auto add = [&](Json json) {
    json["spool"] = name;
    out += json.dump() + "\n";
  };
  if (survey.format_damaged) add({{"damage", "format"}, {"file", "FORMAT"}});
  for (const SegmentSurvey& segment : survey.segments) {
    const std::string file = segment.name.text();
    if (segment.error != 0) {
      add({{"damage", "unreadable"}, {"file", file}, {"error", errno_text(segment.error)}});
    }
    for (const DamagedSpan& span : segment.damage) {
      add({{"damage", "bytes"}, {"file", file}, {"offset", span.offset}, {"bytes", span.bytes}});
    }
    for (const MissingNumbers& numbers : segment.missing) {
      if (numbers.done) continue;
      add({{"damage", "missing"},
           {"file", file},
           {"first", numbers.first},
           {"last", numbers.last}});
    }
    if (segment.disordered > 0) {
      add({{"damage", "disordered"}, {"file", file}, {"records", segment.disordered}});
    }
  }
  for (const CursorState& cursor : survey.cursors) {
    if (cursor.valid_slots == 2) continue;
    add({{"damage", "cursor"},
         {"file", "cursor." + cursor.name},
         {"validSlots", cursor.valid_slots},
         {"position", cursor.position}});
  }
  add({{"segments", survey.segments.size()},
       {"records", survey.records()},
       {"damagedSpans", survey.damaged_spans()},
       {"damagedBytes", survey.damaged_bytes()},
       {"missing", survey.missing()}});
  return out;
}

}  // namespace tbgw::spool
