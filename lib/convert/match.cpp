// SPDX-License-Identifier: Apache-2.0
// Patterns of topics, URLs and other addresses.
#include <fnmatch.h>

#include <algorithm>

#include "convert/mapping.hpp"
#include "core/number.hpp"

namespace tbgw::convert {
namespace {

std::string_view take_level(std::string_view& text) {
  const std::size_t end = std::min(text.find('/'), text.size());
  const std::string_view level = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return level;
}

/// Without scheme, host, query and the slashes at both ends.
std::string_view path_of(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    const std::size_t slash = url.find('/', scheme + 3);
    url = slash == std::string_view::npos ? std::string_view{} : url.substr(slash);
  }
  url = url.substr(0, url.find_first_of("?#"));
  while (!url.empty() && url.front() == '/')
    url.remove_prefix(1);
  while (!url.empty() && url.back() == '/')
    url.remove_suffix(1);
  return url;
}

/// Levels one by one; "{name}" and "<name>" stand for any one.
bool url_matches(std::string_view pattern, std::string_view url) {
  pattern = path_of(pattern);
  url = path_of(url);
  while (!pattern.empty() && !url.empty()) {
    const std::string_view wanted = take_level(pattern);
    const std::string_view level = take_level(url);
    const bool any = wanted.size() > 1 && ((wanted.front() == '{' && wanted.back() == '}') ||
                                           (wanted.front() == '<' && wanted.back() == '>') ||
                                           wanted.find("${") != std::string_view::npos);
    if (!any && wanted != level) return false;
  }
  return pattern.empty() && url.empty();
}

}  // namespace

bool topic_matches(std::string_view filter, std::string_view topic) {
  constexpr std::string_view kShared = "$share/";
  if (filter.substr(0, kShared.size()) == kShared) {
    filter.remove_prefix(kShared.size());
    take_level(filter);
  }
  const bool internal = !topic.empty() && topic.front() == '$';
  if (internal && !filter.empty() && (filter.front() == '+' || filter.front() == '#')) return false;
  bool more = true;
  while (more) {
    if (filter == "#") return true;
    const std::size_t in_filter = filter.find('/');
    const std::size_t in_topic = topic.find('/');
    const std::string_view wanted = filter.substr(0, in_filter);
    if (wanted != "+" && wanted != topic.substr(0, in_topic)) return false;
    more = in_filter != std::string_view::npos;
    if (more && in_topic == std::string_view::npos) return filter.substr(in_filter + 1) == "#";
    if (!more) return in_topic == std::string_view::npos;
    filter.remove_prefix(in_filter + 1);
    topic.remove_prefix(in_topic + 1);
  }
  return false;
}

bool takes(const Match& match, std::string_view address) {
  switch (match.by) {
    case Match::By::any:
      return true;
    case Match::By::exact:
      return match.pattern == address;
    case Match::By::number: {
      const auto number = parse_natural(address);
      return number && number == parse_natural(match.pattern);
    }
    case Match::By::topic:
      return topic_matches(match.pattern, address);
    case Match::By::url:
      return url_matches(match.pattern, address);
    case Match::By::glob: {
      const std::string text{address};
      return ::fnmatch(match.pattern.c_str(), text.c_str(), FNM_NOESCAPE) == 0;
    }
    case Match::By::regex:
      break;
  }
  return match.regex && match.regex->matches(address);
}

bool suits(const Match& match, std::string_view bytes) {
  if (match.length && *match.length != bytes.size()) return false;
  if (match.bytes && cut(match.bytes->first, bytes) != match.bytes->second) return false;
  if (!match.message) return true;
  const auto found = match.message->search(bytes);
  return found && *found;
}

}  // namespace tbgw::convert
