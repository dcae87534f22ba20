// SPDX-License-Identifier: Apache-2.0
#include "run/version_store.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/config.hpp"
#include "core/fd.hpp"
#include "core/whole_file.hpp"

namespace tbgw::run {
namespace {

using Json = nlohmann::json;
namespace files = std::filesystem;

constexpr int kFormat = 1;

std::int64_t changed_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return 0;
  return std::int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000;
}

RemoteConnector read_connector(const Json& entry, const files::path& folder) {
  RemoteConnector out;
  out.name = entry.value("name", "");
  out.type = entry.value("type", "");
  out.entry = entry;
  for (const char* known : {"name", "type", "configuration"})
    out.entry.erase(known);
  const auto file = entry.find("configuration");
  if (file == entry.end() || !file->is_string()) return out;
  out.path = (folder / file->get<std::string>()).string();
  out.changed = changed_at(out.path);
  out.configuration = load_config(out.path)->root;
  return out;
}

bool same_file(const std::string& path, const std::string& text) {
  std::error_code error;
  if (files::file_size(path, error) != text.size() || error) return false;
  return read_file(path) == text;
}

}  // namespace

RemoteState read_local(const std::string& main_file) {
  const std::string path = files::absolute(main_file).string();
  const files::path folder = files::path{path}.parent_path();
  const Json main = load_config(path)->root;
  RemoteState state;
  for (const auto& [key, value] : main.items()) {
    if (key == "thingsboard" && value.is_object()) {
      state.general = value;
    } else if (key == "storage") {
      state.storage = value;
    } else if (key == "connectors" && value.is_array()) {
      for (const Json& entry : value) {
        if (entry.is_object()) state.connectors.push_back(read_connector(entry, folder));
      }
    } else {
      state.others[key] = value;
    }
  }
  const std::string logs = (folder / "logs.json").string();
  std::error_code error;
  if (files::exists(logs, error)) state.logs = load_config(logs)->root;
  return state;
}

VersionStore::VersionStore(std::string folder, std::string main_file)
    : folder_(std::move(folder)), main_file_(files::absolute(main_file).string()) {}

/// nullopt: read, or there is none.
std::optional<Error> VersionStore::load() {
  const std::string path = folder_ + "/remote.json";
  std::error_code error;
  if (!files::exists(path, error)) return std::nullopt;
  const auto file = load_config(path);
  const Json json = file->root;
  if (json.value("version", 0) != kFormat) return Error{"of another version"};
  auto base = state_from_json(json.value("base", Json()));
  auto current = state_from_json(json.value("current", Json()));
  if (!base) return base.error();
  if (!current) return current.error();
  base_ = std::move(*base);
  current_ = std::move(*current);
  if (const auto previous = state_from_json(json.value("previous", Json()))) {
    previous_ = *previous;
  }
  trial_ = json.value("trial", std::vector<std::string>{});
  return std::nullopt;
}

Result<VersionStore::Opened> VersionStore::open(const RemoteState& local) {
  local_ = local;
  base_ = local;
  current_ = local;
  Opened opened;
  const std::string path = folder_ + "/remote.json";
  std::optional<Error> bad;
  try {
    bad = load();
  } catch (const std::exception& wrong) {  // Fatal, or a value of another type
    bad = Error{wrong.what()};
  }
  if (bad) {
    base_ = current_ = local;
    previous_.reset();
    trial_.clear();
    opened.winners.push_back(path + ": " + bad->text + "; set aside, the local files run");
    std::error_code ignored;
    files::rename(path, path + ".bad", ignored);
  }
  // A connector that nobody told us of keeps what the local file says now.
  current_ = merge_local(local, base_, current_, &opened.winners);
  if (previous_) previous_ = merge_local(local, base_, *previous_, nullptr);
  base_ = local;
  opened.state = current_;
  opened.before = previous_.value_or(local);
  opened.trial = trial_;
  if (is_local()) return opened;
  if (const auto saved = save(); !saved) return saved.error();
  return opened;
}

Result<void> VersionStore::put(const RemoteState& state, const std::vector<std::string>& trial) {
  if (!trial.empty() && trial_.empty()) previous_ = current_;
  current_ = state;
  trial_ = trial;
  return save();
}

Result<void> VersionStore::save() {
  const Json json{{"version", kFormat},
                  {"base", to_json(base_)},
                  {"current", to_json(current_)},
                  {"previous", previous_ ? to_json(*previous_) : Json()},
                  {"trial", trial_}};
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (auto written = replace_file(folder_ + "/remote.json", text); !written) return written;
  return write_files(folder_ + "/files", current_);
}

/// The main file comes last: what it names is there.
Result<void> VersionStore::write_files(const std::string& folder, const RemoteState& state) {
  const auto all = files_of(state, files::path{main_file_}.parent_path().string());
  for (int round = 0; round < 2; ++round) {
    for (const auto& [name, text] : all) {
      const std::string path = folder + "/" + name;
      if ((name == "tb_gateway.json") != (round == 1) || same_file(path, text)) continue;
      if (auto written = replace_file(path, text); !written) return written;
    }
  }
  std::error_code error;
  for (const auto& entry : files::directory_iterator(folder, error)) {
    if (all.count(entry.path().filename().string()) > 0) continue;
    std::error_code ignored;
    files::remove(entry.path(), ignored);
  }
  return {};
}

bool VersionStore::is_local() const {
  return current_.general == local_.general && current_.storage == local_.storage &&
         current_.logs == local_.logs && current_.names() == local_.names() &&
         std::all_of(current_.connectors.begin(), current_.connectors.end(),
                     [](const RemoteConnector& c) { return c.local; });
}

std::string VersionStore::main_file() const {
  return is_local() ? main_file_ : folder_ + "/files/tb_gateway.json";
}

Result<std::string> VersionStore::write_candidate(const RemoteState& state) {
  const std::string folder = folder_ + "/candidate";
  if (auto written = write_files(folder, state); !written) return written.error();
  return folder + "/tb_gateway.json";
}

}  // namespace tbgw::run
