// SPDX-License-Identifier: Apache-2.0
#include "run/gateway_file.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "run/connector_kind.hpp"

namespace tbgw::run {
namespace {

std::string upper_case(std::string text) {
  for (char& c : text)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

enum class Form { reference, native, connector };

Form form_of(const nlohmann::ordered_json& root) {
  const auto has = [&](const char* key) { return root.is_object() && root.contains(key); };
  if (has("thingsboard") || has("connectors")) return Form::reference;
  // "platform" and "spool" are no keys of any connector's file.
  if (has("pipeline") || has("platform") || has("spool")) return Form::native;
  return Form::connector;
}

void default_spool(const Surroundings& around, Gateway& gateway) {
  gateway.spool.folder = around.state + "/spool";
  gateway.spool.options = {"--when-full", "drop-oldest"};
}

/// What tells the kind, in this order: what was said, the file's own `type`, its shape.
const ConnectorKind* kind_of(const Pipeline& pipeline, const ConfigFile& file) {
  if (!pipeline.type.empty()) return find_kind(pipeline.type);
  const auto type = file.root.find("type");
  if (type != file.root.end() && type->is_string()) {
    if (const ConnectorKind* kind = find_kind(type->get<std::string>())) return kind;
  }
  return guess_kind(file.root);
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// Keys that stand in any connector's file and are ours to act on.
void take_common(Pipeline& pipeline, const ConfigFile& file, Mistakes& mistakes) {
  const auto& root = file.root;
  if (const auto name = root.find("name");
      pipeline.name.empty() && name != root.end() && name->is_string()) {
    pipeline.name = name->get<std::string>();
  }
  if (const auto level = root.find("logLevel"); level != root.end() && level->is_string()) {
    const std::string word = level->get<std::string>();
    if (!take_level(pipeline, word)) {
      mistakes.add(file.place("/logLevel") + ": logLevel: " + in_quotes(word) +
                   " is no level: TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL or NONE");
    }
  }
  if (const auto remote = root.find("enableRemoteLogging"); remote != root.end()) {
    pipeline.remote_logging = remote->is_boolean() && remote->get<bool>();
  }
}

}  // namespace

std::optional<log::Level> level_of(const std::string& word) {
  constexpr std::array<std::pair<std::string_view, log::Level>, 11> kLevels{{
      {"TRACE", log::Level::debug},
      {"DEBUG", log::Level::debug},
      {"INFO", log::Level::info},
      {"WARNING", log::Level::warning},
      {"WARN", log::Level::warning},
      {"ERROR", log::Level::error},
      {"CRITICAL", log::Level::error},
      {"EXCEPTION", log::Level::error},
      {"FATAL", log::Level::error},
      {"NOTSET", log::Level::warning},
      {"NONE", log::Level::error},
  }};
  const std::string upper = upper_case(word);
  for (const auto& [name, level] : kLevels) {
    if (name == upper) return level;
  }
  return std::nullopt;
}

bool take_level(Pipeline& pipeline, const std::string& word) {
  const auto level = level_of(word);
  if (!level) return false;
  pipeline.level = level;
  pipeline.silent = upper_case(word) == "NONE";
  return true;
}

std::string beside(const std::string& file, const std::string& path) {
  const std::filesystem::path given{path};
  if (given.is_absolute()) return path;
  return (std::filesystem::path{file}.parent_path() / given).string();
}

bool has_programs(const Pipeline& pipeline, const Surroundings& around, Gateway& gateway,
                  Mistakes& mistakes) {
  std::vector<std::string> programs{pipeline.connector.front()};
  if (!pipeline.map.empty()) programs.emplace_back("tbgw-convert");
  for (const Argv& filter : pipeline.filters)
    programs.push_back(filter.front());
  for (const std::string& program : programs) {
    if (around.has_program(program)) continue;
    const std::string text =
        pipeline.place + ": " + pipeline.name + ": there is no program " + in_quotes(program);
    if (around.skip_missing) {
      gateway.notices.push_back(text + ": left out");
    } else {
      mistakes.add(text + " (--skip-missing leaves the pipeline out)");
    }
    return false;
  }
  return true;
}

bool take_connector_file(Pipeline& pipeline, const Surroundings& around, Gateway& gateway,
                         Mistakes& mistakes) {
  std::shared_ptr<const ConfigFile> file;
  if (!mistakes.attempt([&] { file = load_config(pipeline.file); })) return false;
  if (pipeline.place.empty()) pipeline.place = file->name;
  if (!file->root.is_object()) {
    mistakes.add(file->name + ":1: a connector file is a table of keys");
    return false;
  }
  take_common(pipeline, *file, mistakes);
  if (pipeline.name.empty()) pipeline.name = std::filesystem::path{pipeline.file}.stem().string();
  gateway.files.push_back(pipeline.file);
  if (is_empty_connector(file->root)) {
    gateway.notices.push_back(file->name + ": says nothing to connect to: not started");
    return false;
  }
  const ConnectorKind* kind = kind_of(pipeline, *file);
  if (kind == nullptr && pipeline.connector.empty()) {
    mistakes.add(file->name + ": this is no connector file that we know: a type may be " +
                 listed(kind_names()) + "; any other program is a pipeline with a command");
    return false;
  }
  if (kind != nullptr && pipeline.connector.empty()) use_kind(pipeline, *kind);
  pipeline.content = std::hash<std::string>{}(file->root.dump());
  return has_programs(pipeline, around, gateway, mistakes);
}

void check_names(const Gateway& gateway, Mistakes& mistakes) {
  std::set<std::string> seen{"gateway"};
  for (const Pipeline& pipeline : gateway.pipelines) {
    const std::string& name = pipeline.name;
    const std::string place = pipeline.place + ": ";
    if (name.empty()) mistakes.add(place + "a pipeline needs a name");
    if (name.find('=') != std::string::npos) {
      mistakes.add(place + in_quotes(name) + ": the name of a pipeline has no '='");
    }
    if (std::any_of(name.begin(), name.end(), [](char c) { return c >= 0 && c < ' '; })) {
      mistakes.add(place + in_quotes(name) + ": the name of a pipeline has no control characters");
    }
    if (!seen.insert(name).second) {
      mistakes.add(place + in_quotes(name) +
                   (name == "gateway" ? ": this name is the gateway's own"
                                      : ": two pipelines have this name"));
    }
  }
}

Gateway read_gateway(const std::vector<std::string>& files, const Surroundings& around,
                     Mistakes& mistakes) {
  Gateway gateway;
  default_spool(around, gateway);
  for (const std::string& name : files) {
    std::shared_ptr<const ConfigFile> file;
    if (!mistakes.attempt([&] { file = load_config(name); })) continue;
    const Form form = form_of(file->root);
    if (form != Form::connector && files.size() > 1) {
      mistakes.add(name + ": is a whole gateway: give it alone");
    } else if (form == Form::reference) {
      gateway.files.push_back(name);
      mistakes.attempt([&] { read_reference(file, around, gateway, mistakes); });
    } else if (form == Form::native) {
      gateway.files.push_back(name);
      mistakes.attempt([&] { read_native(file, around, gateway, mistakes); });
    } else {
      Pipeline pipeline;
      pipeline.file = name;
      if (take_connector_file(pipeline, around, gateway, mistakes)) {
        gateway.pipelines.push_back(std::move(pipeline));
      }
    }
  }
  check_names(gateway, mistakes);
  return gateway;
}

}  // namespace tbgw::run
