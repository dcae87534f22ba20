// SPDX-License-Identifier: Apache-2.0
// The lists of tags of one slave: its own, those of its device type file, and its CSV list.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "modbus/unit_reader.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

/// A list of tags in which each key is there once (attributes and timeseries apart).
class TagList {
 public:
  explicit TagList(std::vector<Tag>& tags) : tags_(tags) {
    for (std::size_t i = 0; i < tags.size(); ++i)
      index_.emplace(name_of(tags[i]), i);
    known_ = tags.size();
  }

  /// What is in the list already comes from a device type file: it gives way without a word.
  void start_over_template() { known_ = tags_.size(); }

  void add(Tag tag, std::vector<std::string>& notices) {
    const auto [at, is_new] = index_.emplace(name_of(tag), tags_.size());
    if (is_new) {
      tags_.push_back(std::move(tag));
      return;
    }
    if (tag.hidden) return;  // the source of several scales
    if (at->second >= known_) {
      notices.push_back(tag.place + ": tag " + in_quotes(tag.key) +
                        " is there twice: the last one counts");
    }
    tags_[at->second] = std::move(tag);
  }

 private:
  using Name = std::pair<bool, std::string>;
  static Name name_of(const Tag& tag) { return {tag.attribute, tag.key}; }

  std::vector<Tag>& tags_;
  std::map<Name, std::size_t> index_;
  std::size_t known_ = 0;
};

struct Section {
  Layers::Keys keys;
  TagUse use;
  std::vector<Tag> Unit::*to;
};

void read_section(Layers& layers, const Section& section, const TagDefaults& defaults, Unit& unit,
                  std::vector<std::string>& notices) {
  TagList list(unit.*section.to);
  const auto take = [&](ConfigTable entry, const TagDefaults& with) {
    for (Tag& tag : read_tags(entry, section.use, with, notices))
      list.add(std::move(tag), notices);
  };
  // The one with the most to say is the unit's own, which comes first: read it last.
  for (std::size_t i = layers.all().size(); i-- > 0;) {
    ConfigTable& table = layers.all()[i];
    const Json* entries = table.value(section.keys);
    if (entries == nullptr || entries->is_null()) continue;
    list.start_over_template();
    if (!entries->is_object()) {
      for (ConfigTable& entry : table.tables(section.keys))
        take(std::move(entry), defaults);
      continue;
    }
    auto methods = table.table(section.keys);  // RPC methods by their names
    for (const auto& [name, value] : entries->items()) {
      static_cast<void>(value);
      TagDefaults with = defaults;
      with.key = name;
      if (auto entry = methods->table({name})) take(*std::move(entry), with);
    }
  }
}

/// `tagsFile`: a CSV list, or a file with a list `tags`; `section` says which are attributes.
void read_tags_file(Layers& layers, const TagDefaults& defaults, const OpenFile& open, Unit& unit,
                    std::vector<std::string>& notices) {
  ConfigTable& owner = layers.with({"tagsFile"});
  const auto path = owner.text({"tagsFile"});
  if (!path) return;
  ConfigTable file(open(beside(owner.file().name, *path)));
  TagList list(unit.tags);
  for (ConfigTable& entry : file.tables({"tags"})) {
    const auto section = entry.text({"section"});
    const bool attribute = section && (*section == "attributes" || *section == "attribute");
    const TagUse use = attribute ? TagUse::attribute : TagUse::read;
    for (Tag& tag : read_tags(entry, use, defaults, notices))
      list.add(std::move(tag), notices);
  }
  file.refuse_unknown();
}

void check_sources(const Unit& unit, std::vector<std::string>& notices) {
  std::set<std::string> keys;
  for (const Tag& tag : unit.tags)
    keys.insert(tag.key);
  for (const std::vector<Tag>* list : {&unit.tags, &unit.updates, &unit.methods}) {
    for (const Tag& tag : *list) {
      if (tag.scale_from.empty() || keys.count(tag.scale_from) != 0) continue;
      notices.push_back(tag.place + ": scaleFrom: the unit has no tag " +
                        in_quotes(tag.scale_from) + ", so " + in_quotes(tag.key) +
                        " never has a value");
    }
  }
}

/// A scale of a method or an update may need a hidden tag: it is read with the others.
void move_hidden(std::vector<Tag>& from, TagList& to, std::vector<std::string>& notices) {
  const auto hidden =
      std::stable_partition(from.begin(), from.end(), [](const Tag& tag) { return !tag.hidden; });
  for (auto tag = hidden; tag != from.end(); ++tag)
    to.add(std::move(*tag), notices);
  from.erase(hidden, from.end());
}

}  // namespace

std::string beside(const std::string& file, const std::string& path) {
  const std::size_t slash = file.rfind('/');
  if (path.empty() || path.front() == '/' || slash == std::string::npos) return path;
  return file.substr(0, slash + 1) + path;
}

void read_unit_tags(Layers& layers, const TagDefaults& defaults, const OpenFile& open, Unit& unit,
                    std::vector<std::string>& notices) {
  read_section(layers, {{"timeseries", "telemetry"}, TagUse::read, &Unit::tags}, defaults, unit,
               notices);
  read_section(layers, {{"attributes"}, TagUse::attribute, &Unit::tags}, defaults, unit, notices);
  read_section(layers, {{"attributeUpdates"}, TagUse::update, &Unit::updates}, defaults, unit,
               notices);
  read_section(layers, {{"rpc", "serverSideRpc"}, TagUse::method, &Unit::methods}, defaults, unit,
               notices);
  read_tags_file(layers, defaults, open, unit, notices);
  TagList read(unit.tags);
  move_hidden(unit.updates, read, notices);
  move_hidden(unit.methods, read, notices);
  check_sources(unit, notices);
}

}  // namespace tbgw::modbus
