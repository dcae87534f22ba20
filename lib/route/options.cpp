// SPDX-License-Identifier: Apache-2.0
#include "route/options.hpp"

#include <algorithm>
#include <set>

#include "core/status.hpp"
#include "core/text.hpp"

namespace tbgw::route {
namespace {

[[noreturn]] void refuse(const std::string& text) {
  throw Fatal(Status::usage, text);
}

/// NAME=UP[,DOWN]
PipelineOptions parse_pipeline(const std::string& operand) {
  const std::string_view text = operand;
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    refuse(in_quotes(operand) + " is no pipeline: NAME=UP or NAME=UP,DOWN");
  }
  const std::string_view paths = text.substr(equals + 1);
  const std::size_t comma = std::min(paths.find(','), paths.size());
  PipelineOptions pipeline{std::string{text.substr(0, equals)}, std::string{paths.substr(0, comma)},
                           ""};
  if (comma < paths.size()) {
    pipeline.down = paths.substr(comma + 1);
    if (pipeline.down.empty() || pipeline.down.find(',') != std::string::npos) {
      refuse(in_quotes(operand) + " is no pipeline: NAME=UP or NAME=UP,DOWN");
    }
  }
  if (pipeline.up.empty()) refuse(in_quotes(operand) + ": there is no path to read from");
  return pipeline;
}

/// Two writers of one FIFO tear each other's lines, and one reader gets a part of them only.
void refuse_shared(const std::vector<PipelineOptions>& pipelines) {
  std::set<std::string> names;
  std::set<std::string> paths;
  const auto note = [](std::set<std::string>& seen, const std::string& what, const char* text) {
    if (!seen.insert(what).second) refuse(in_quotes(what) + text);
  };
  for (const PipelineOptions& pipeline : pipelines) {
    note(names, pipeline.name, ": two pipelines have this name");
    note(paths, pipeline.up, ": each pipeline needs paths of its own");
    if (!pipeline.down.empty()) {
      note(paths, pipeline.down, ": each pipeline needs paths of its own");
    }
  }
}

}  // namespace

void take_pipelines(const std::vector<std::string>& operands, Options& options) {
  if (options.table.find('=') != std::string::npos) {
    refuse(in_quotes(options.table) + " is a pipeline: TABLE comes first");
  }
  if (operands.empty()) refuse("needed: TABLE and at least one pipeline, NAME=UP[,DOWN]");
  for (const std::string& operand : operands)
    options.pipelines.push_back(parse_pipeline(operand));
  refuse_shared(options.pipelines);
}

std::vector<std::string> names_of(const std::vector<PipelineOptions>& pipelines) {
  std::vector<std::string> names;
  for (const PipelineOptions& pipeline : pipelines)
    names.push_back(pipeline.name);
  return names;
}

}  // namespace tbgw::route
