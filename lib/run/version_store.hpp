// SPDX-License-Identifier: Apache-2.0
// What the platform made of the configuration, on disk: the version that runs and the one before
// it. The user's own files are never written.
//
//   FOLDER/remote.json        both versions, and what the local files said when they were made;
//                             replaced in one step, so a kill or a power cut leaves one or the
//                             other
//   FOLDER/files/…            the current version as files of the reference, made from it
//   FOLDER/candidate/…        the same of a version that is being checked
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "run/remote_state.hpp"

namespace tbgw::run {

/// What tb_gateway.json, its connector files and logs.json say. `main_file` and the paths in the
/// result are absolute. Fatal 66/77/78 as load_config().
RemoteState read_local(const std::string& main_file);

class VersionStore {
 public:
  /// Touches nothing. The folder is ours alone: who opens it has seen to that.
  VersionStore(std::string folder, std::string main_file);

  struct Opened {
    RemoteState state;                 ///< what is to run
    RemoteState before;                ///< what ran before it, to go back to
    std::vector<std::string> trial;    ///< shared attributes whose change did not prove itself yet
    std::vector<std::string> winners;  ///< see merge_local(); for people
  };
  /// Reads remote.json and brings the files up to date. A file that cannot be understood is set
  /// aside as remote.json.bad, and the local files run. Error: files cannot be written.
  Result<Opened> open(const RemoteState& local);

  /// Makes `state` the current version, durably, and brings the files up to date. With `trial` the
  /// version that ran until now is kept as the previous one.
  Result<void> put(const RemoteState& state, const std::vector<std::string>& trial);

  /// The main file to run: the user's own as long as it says the same.
  [[nodiscard]] std::string main_file() const;

  /// Writes `state` as files to be checked, and returns their main file.
  Result<std::string> write_candidate(const RemoteState& state);

 private:
  [[nodiscard]] bool is_local() const;
  Result<void> save();
  Result<void> write_files(const std::string& folder, const RemoteState& state);
  std::optional<Error> load();

  std::string folder_;
  std::string main_file_;
  RemoteState local_;
  RemoteState base_;
  RemoteState current_;
  std::optional<RemoteState> previous_;
  std::vector<std::string> trial_;
};

}  // namespace tbgw::run
