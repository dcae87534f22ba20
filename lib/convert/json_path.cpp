// SPDX-License-Identifier: Apache-2.0
#include "convert/json_path.hpp"

#include "core/line_reader.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

// Looking everywhere (`..`, `[*]`) ends here: a hostile message must not cost more than its size
// times a small factor.
constexpr int kMostVisits = 2000;

using By = JsonPath::Step::By;

class PathParser {
 public:
  explicit PathParser(std::string_view text) : rest_(text) { path_.text = text; }

  Result<JsonPath> run() {
    if (take("$")) path_.from_root = true;
    bool anywhere = false;
    while (!rest_.empty()) {
      anywhere = take("..");
      if (!anywhere) take(".");
      const bool done = !anywhere && rest_.substr(0, 1) == "[" ? bracket() : name(anywhere);
      if (!done) return Error{"the path " + in_quotes(path_.text) + " is not understood"};
    }
    return std::move(path_);
  }

 private:
  bool take(std::string_view word) {
    if (rest_.substr(0, word.size()) != word) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool name(bool anywhere) {
    const std::size_t end = std::min(rest_.find_first_of(".["), rest_.size());
    std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (word.size() > 1 && word.front() == '"' && word.back() == '"') {
      word = word.substr(1, word.size() - 2);
    }
    if (word.empty()) return false;
    if (word == "*") {
      path_.steps.push_back({By::all, "", 0});
    } else {
      path_.steps.push_back({anywhere ? By::anywhere : By::name, std::string{word}, 0});
    }
    return true;
  }

  bool bracket() {
    const std::size_t close = rest_.find(']');
    if (close == std::string_view::npos) return false;
    std::string_view inside = rest_.substr(1, close - 1);
    rest_.remove_prefix(close + 1);
    if (inside == "*" || inside == ":" || inside.empty()) {
      path_.steps.push_back({By::all, "", 0});
      return true;
    }
    const char quote = inside.front();
    if (inside.size() > 1 && (quote == '\'' || quote == '"') && inside.back() == quote) {
      path_.steps.push_back({By::name, std::string{inside.substr(1, inside.size() - 2)}, 0});
      return true;
    }
    // The first match counts, so of a slice only its start does.
    const std::size_t colon = inside.find(':');
    if (colon != std::string_view::npos) inside = inside.substr(0, colon);
    const auto index =
        inside.empty() ? Result<std::int64_t>{0} : parse_integer(inside, -1'000'000, 1'000'000);
    if (!index) return false;
    path_.steps.push_back({By::index, "", *index});
    return true;
  }

  std::string_view rest_;
  JsonPath path_;
};

}  // namespace

Result<JsonPath> parse_json_path(std::string_view text) {
  return PathParser(text).run();
}

Result<void> JsonDocument::read(std::string_view json) {
  root_ = {};
  members_ = {};
  const std::size_t start = std::min(json.find_first_not_of(" \t\r\n"), json.size());
  if (start < json.size() && json[start] == '{') {
    buffer_.assign(json);
    buffer_.append(kLinePadding, '\0');
    const std::string_view text(buffer_.data(), json.size());
    const auto members = view_.object(text);
    if (!members) return members.error();
    root_.type = JsonType::object;
    root_.raw = root_.text = text;
    members_ = *members;
    return {};
  }
  // As the only element of a list, so that any value goes the same way.
  buffer_.assign("[").append(json).append("]");
  const std::size_t size = buffer_.size();
  buffer_.append(kLinePadding, '\0');
  const auto elements = outer_.array({buffer_.data(), size});
  if (!elements) return elements.error();
  if (elements->size() != 1) return Error{"not valid JSON"};
  enter(elements->front());
  return {};
}

void JsonDocument::enter(const JsonMember& part) {
  root_ = part;
  members_ = {};
  if (part.type != JsonType::object && part.type != JsonType::array) return;
  const auto members =
      part.type == JsonType::object ? view_.object(part.raw) : view_.array(part.raw);
  if (members) members_ = *members;
}

std::span<const JsonMember> JsonDocument::open(const JsonMember& value, std::size_t depth) {
  if (value.type != JsonType::object && value.type != JsonType::array) return {};
  if (value.raw.data() == root_.raw.data() && value.raw.size() == root_.raw.size()) return members_;
  while (nested_.size() <= depth)
    nested_.emplace_back();
  const auto members = value.type == JsonType::object ? nested_[depth].object(value.raw)
                                                      : nested_[depth].array(value.raw);
  return members ? *members : std::span<const JsonMember>{};
}

std::optional<JsonMember> JsonDocument::find(const JsonPath& path) {
  visited_ = 0;
  if (root_.type == JsonType::object && !path.text.empty()) {
    if (const JsonMember* member = tbgw::find(members_, path.text)) return *member;
  }
  if (path.steps.empty()) return path.from_root ? std::optional{root_} : std::nullopt;
  return walk(root_, path, 0);
}

std::optional<JsonMember> JsonDocument::walk(const JsonMember& from, const JsonPath& path,
                                             std::size_t step) {
  if (step == path.steps.size()) return from;
  if (++visited_ > kMostVisits) return std::nullopt;
  const std::size_t depth = depth_++;
  const auto found = walk_into(open(from, depth), from, path, step);
  --depth_;
  return found;
}

std::optional<JsonMember> JsonDocument::walk_into(std::span<const JsonMember> members,
                                                  const JsonMember& from, const JsonPath& path,
                                                  std::size_t step) {
  const JsonPath::Step& wanted = path.steps[step];
  const bool object = from.type == JsonType::object;
  switch (wanted.by) {
    case By::name: {
      const JsonMember* member = object ? tbgw::find(members, wanted.name) : nullptr;
      return member == nullptr ? std::nullopt : walk(*member, path, step + 1);
    }
    case By::index: {
      const auto size = static_cast<std::int64_t>(members.size());
      const std::int64_t at = wanted.index < 0 ? wanted.index + size : wanted.index;
      if (object || at < 0 || at >= size) return std::nullopt;
      return walk(members[static_cast<std::size_t>(at)], path, step + 1);
    }
    case By::all:
      for (const JsonMember& member : members) {
        if (auto found = walk(member, path, step + 1)) return found;
      }
      return std::nullopt;
    case By::anywhere:
      break;
  }
  if (const JsonMember* member = object ? tbgw::find(members, wanted.name) : nullptr) {
    if (auto found = walk(*member, path, step + 1)) return found;
  }
  for (const JsonMember& member : members) {
    if (auto found = walk(member, path, step)) return found;
  }
  return std::nullopt;
}

}  // namespace tbgw::convert
