// SPDX-License-Identifier: Apache-2.0
#include "convert/suggest.hpp"

#include <algorithm>

#include "convert/value.hpp"
#include "core/record.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

// What is remembered, of whatever the capture holds.
constexpr std::size_t kMostOrigins = 40;
constexpr std::size_t kMostClusters = 40;
constexpr std::size_t kMostColumns = 100;
constexpr std::size_t kMostSamples = 200;
// So many rules for one place are printed.
constexpr std::size_t kMostRules = 6;

bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

/// Levels with digits in them are different devices: "sensor/7/up" is "sensor/+/up".
std::string pattern_of(std::string_view address, std::string_view member) {
  if (member != "topic" && member != "url") return std::string{address};
  std::string_view path = address;
  if (const std::size_t scheme = path.find("://"); member == "url" && scheme != path.npos) {
    path = path.substr(std::min(path.find('/', scheme + 3), path.size()));
  }
  path = path.substr(0, member == "url" ? path.find('?') : path.npos);
  std::string out;
  int number = 0;
  while (true) {
    const std::size_t end = path.find('/');
    const std::string_view level = path.substr(0, end);
    if (!has_digit(level)) {
      out += level;
    } else if (member == "topic") {
      out += '+';
    } else {
      out += "{id" + (number++ > 0 ? std::to_string(number) : "") + "}";
    }
    if (end == std::string_view::npos) return out;
    out += '/';
    path.remove_prefix(end + 1);
  }
}

/// The level of a topic that is a pattern, as a regular expression with one group.
std::string name_in(std::string_view pattern) {
  const std::size_t level = pattern.find('+');
  if (level == std::string_view::npos) return "";
  return "^" + regex_escape(pattern.substr(0, level)) + "([^/]+)";
}

std::string name_from(std::string_view example) {
  while (!example.empty() && example.back() == '/')
    example.remove_suffix(1);
  const std::size_t slash = example.rfind('/');
  std::string out{slash == std::string_view::npos ? example : example.substr(slash + 1)};
  return out.empty() ? "Device 1" : out;
}

std::string counted(std::uint64_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string{what} + (count == 1 ? "" : "s");
}

}  // namespace

void Suggester::add(const Line& line) {
  if (line.too_long || !unreadable(line).empty()) return;
  const auto members = view_.object(line.text);
  if (!members) return;
  const Members known = look_at(*members);
  if (known.kind() == LineKind::raw) add_raw(known);
}

void Suggester::add_raw(const Members& members) {
  ++raw_;
  const auto bytes = frame_.read(members);
  const auto source = text_of(members.source, "source");
  const auto device = text_of(members.device, "device");
  if (!bytes || !source || !device || bytes->empty()) {
    ++left_out_;
    return;
  }
  Origin origin;
  origin.source = *source;
  if (device->empty()) {
    // As a native map looks for it.
    origin.member = address_member(*source);
    if (origin.member.empty()) origin.member = "topic";
    const auto found = text_of(find(members.all, origin.member), origin.member);
    origin.example = found ? *found : std::string_view{};
    origin.address = pattern_of(origin.example, origin.member);
  } else {
    origin.example = *device;
  }
  const std::string id = origin.source + '\n' + origin.member + '\n' + origin.address;
  if (origins_.size() >= kMostOrigins && origins_.count(id) == 0) {
    ++left_out_;
    return;
  }
  Origin& known = origins_.try_emplace(id, std::move(origin)).first->second;
  ++known.count;
  Shape shape = shape_of(*bytes);
  if (known.clusters.size() >= kMostClusters && known.clusters.count(shape.id) == 0) return;
  Cluster& cluster = known.clusters[shape.id];
  add_shape(cluster, std::move(shape), *bytes);
}

void Suggester::add_shape(Cluster& cluster, Shape shape, std::string_view bytes) {
  if (cluster.samples.empty() || (shape.binary && cluster.samples.size() < kMostSamples)) {
    cluster.samples.emplace_back(bytes.substr(0, shape.binary ? 4096 : 200));
  }
  for (const auto& row : shape.rows) {
    ++cluster.rows;
    for (const FoundValue& value : row) {
      auto found = cluster.index.find(value.place);
      if (found == cluster.index.end()) {
        if (cluster.columns.size() >= kMostColumns) continue;
        found = cluster.index.emplace(value.place, cluster.columns.size()).first;
        cluster.columns.emplace_back().name = value.name;
        cluster.columns.back().place = value.place;
      }
      cluster.columns[found->second].add(value);
    }
  }
  shape.rows.clear();
  if (cluster.count++ == 0) cluster.first = std::move(shape);
}

/// Those worth a rule, the most frequent first: the others are noise.
std::vector<const Suggester::Cluster*> Suggester::chosen(const Origin& origin) const {
  std::vector<const Cluster*> all;
  for (const auto& [id, cluster] : origin.clusters)
    all.push_back(&cluster);
  std::stable_sort(all.begin(), all.end(), [](const Cluster* a, const Cluster* b) {
    // Of equal count, what says something goes before a bare text.
    return a->count != b->count ? a->count > b->count : a->first.plain < b->first.plain;
  });
  std::vector<const Cluster*> out;
  for (const Cluster* cluster : all) {
    const bool often = cluster->count >= 2 && cluster->count * 50 >= origin.count;
    const bool says = !cluster->first.plain || all.size() == 1;
    const bool only = out.empty() && origin.count < 4;
    if (says && (often || only) && out.size() < kMostRules) out.push_back(cluster);
  }
  if (out.empty() && !all.empty()) out.push_back(all.front());
  return out;
}

std::string Suggester::map(std::string_view capture) const {
  std::string rules;
  std::uint64_t fitting = 0;
  for (const auto& [id, origin] : origins_) {
    for (const Cluster* cluster : chosen(origin))
      fitting += cluster->count;
    write(origin, rules);
  }
  if (rules.empty()) return "";
  std::string out = "# A map for " + in_comment(capture) + ", as a start: it fits " +
                    std::to_string(fitting) + " of " + counted(raw_, "raw record") + ".\n";
  out +=
      "# Names, types and units are guessed. Read it through, then see what it does:\n"
      "#   tbgw-convert --explain THIS_FILE CAPTURE\n"
      "# tbgw-map(5) tells what else can be said here.\n";
  return out + rules;
}

void Suggester::write(const Origin& origin, std::string& out) const {
  const auto rules = chosen(origin);
  for (const Cluster* cluster : rules)
    write_cluster(origin, *cluster, rules.size() == 1, out);
  std::uint64_t told = 0;
  for (const auto& [id, cluster] : origin.clusters) {
    if (std::find(rules.begin(), rules.end(), &cluster) != rules.end()) continue;
    if (told++ == 0) out += "\n# No rule for what is rare or says nothing";
    if (told == 1 && !origin.example.empty()) out += ", from " + in_comment(origin.example);
    if (told == 1) out += ":\n";
    if (told > 5) {
      out += "#   and more\n";
      break;
    }
    out += "#   " + in_comment(cluster.samples.front()) + ", " + counted(cluster.count, "record") +
           "\n";
  }
}

/// Which records, and whose they are.
void Suggester::write_origin(const Origin& origin, std::string& out) const {
  if (origins_.size() > 1 && !origin.source.empty()) {
    out += "source = " + toml_string(origin.source) + "\n";
  }
  if (origin.address.empty()) return;
  const bool pattern = origin.member == "topic" || origin.member == "url";
  // The only place need not be named: it may be called something else tomorrow.
  const bool needed = pattern || origins_.size() > 1;
  out += needed ? "" : "# ";
  out += (pattern ? origin.member : "address") + " = " + toml_string(origin.address);
  out += needed ? "\n" : "  # if there are to be others\n";
}

/// The column that names the device, and the one with the time; nullptr = there is none.
Suggester::Roles Suggester::roles_in(const Origin& origin, const Cluster& cluster) {
  Roles roles;
  const bool named = origin.member.empty() && !origin.example.empty();
  for (const Column& column : cluster.columns) {
    const bool names = !named && column.names_device(cluster.rows);
    if (roles.name == nullptr && names) roles.name = &column;
    if (roles.time == nullptr && column.tells_time()) roles.time = &column;
  }
  return roles;
}

/// Whose messages they are, and when.
void Suggester::write_device(const Origin& origin, const Roles& roles, std::string& out) {
  const std::string from_topic = origin.member == "topic" ? name_in(origin.address) : "";
  if (origin.member.empty() && !origin.example.empty()) {
    out += "# deviceName: the records name their device\n";
  } else if (roles.name != nullptr) {
    out += "deviceName = " + toml_string(roles.name->place) + "  # such as " +
           in_comment(roles.name->first, 30) + "\n";
  } else if (!from_topic.empty()) {
    out += "deviceNameFromAddress = " + toml_string(from_topic) + "\n";
  } else {
    out += "deviceName = " + toml_string(name_from(origin.example)) +
           "  # choose a name: your whole tenant shares them\n";
  }
  out += "deviceType = \"default\"\n";
  if (roles.time != nullptr) out += "ts = " + toml_string(roles.time->place) + "\n";
}

void Suggester::write_entries(const Cluster& cluster, const Roles& roles, std::string& out) {
  std::string telemetry;
  std::string attributes;
  for (const Column& column : cluster.columns) {
    if (&column == roles.name || &column == roles.time) continue;
    const bool tag =
        column.constant() && cluster.first.matches == "^" + regex_escape(column.first) + ",";
    if (tag && cluster.columns.size() > 1) continue;  // "$GPGGA": `matches` has it
    Column named = column;
    const auto namesakes =
        std::count_if(cluster.columns.begin(), cluster.columns.end(),
                      [&](const Column& other) { return other.name == column.name; });
    if (namesakes > 1) named.name = column.place.substr(2, column.place.size() - 3);
    (column.is_attribute() ? attributes : telemetry) += entry_of(named, cluster.rows);
  }
  if (cluster.first.binary) {
    telemetry = byte_entries(cluster.samples);
    out += "# A byte beside a number may belong to it, if it only never changed so far.\n";
    if (telemetry.empty()) attributes = "  { key = \"raw\", at = 0, type = \"hex\" },\n";
  }
  if (cluster.first.plain) {
    attributes = "  { key = \"text\", value = \"[:]\", type = \"string\" },\n";
  }
  // Nothing but a name or a time: then that is what there is to send.
  const Column* only = roles.time != nullptr ? roles.time : roles.name;
  if (telemetry.empty() && attributes.empty() && only != nullptr) {
    telemetry = entry_of(*only, cluster.rows);
  }
  if (!telemetry.empty()) out += "telemetry = [\n" + telemetry + "]\n";
  if (!attributes.empty()) out += "attributes = [\n" + attributes + "]\n";
}

void Suggester::write_cluster(const Origin& origin, const Cluster& cluster, bool alone,
                              std::string& out) const {
  out += "\n# " + counted(cluster.count, "record") + " such as\n#   " +
         in_comment(cluster.samples.front(), 100) + "\n[[maps]]\n";
  write_origin(origin, out);
  if (!alone && !cluster.first.matches.empty()) {
    out += "matches = " + toml_string(cluster.first.matches) + "\n";
  }
  out += cluster.first.settings;
  const Roles roles = roles_in(origin, cluster);
  write_device(origin, roles, out);
  write_entries(cluster, roles, out);
}

}  // namespace tbgw::convert
