// SPDX-License-Identifier: Apache-2.0
// JSON with places: nlohmann's SAX parser fed through an iterator that counts lines.
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/config_parse.hpp"
#include "core/status.hpp"
#include "core/text.hpp"

namespace tbgw {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kMaxConfigDepth = 32;

/// Counts the newlines that were read. Copies share the count.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, int* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *line_ += *at_ == '\n' ? 1 : 0;
    ++at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  int* line_;
};

class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(ConfigFile& file, const int& line) : file_(file), line_(line) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }  // not in JSON text
  bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& key) override {
    if (open_.back().node->contains(key)) fail("the key " + in_quotes(key) + " stands here twice");
    key_ = std::move(key);
    key_line_ = line_;
    return true;
  }

  bool parse_error(std::size_t /*at*/, const std::string& token,
                   const Json::exception& /*error*/) override {
    fail("not valid JSON near " + in_quotes(token, 40));
  }

 private:
  struct Level {
    Json* node;
    std::string pointer;
  };

  [[noreturn]] void fail(const std::string& text) const {
    throw Fatal(Status::config, file_.name + ":" + std::to_string(line_) + ": " + text);
  }

  Json* add(Json value, std::string& pointer) {
    int line = line_;
    Json* place = &file_.root;
    if (!open_.empty()) {
      Level& level = open_.back();
      const bool in_array = level.node->is_array();
      pointer = level.pointer + "/" +
                (in_array ? std::to_string(level.node->size()) : escape_pointer(key_));
      if (in_array) {
        level.node->push_back(nullptr);
        place = &level.node->back();
      } else {
        line = key_line_;
        place = &(*level.node)[key_];
      }
    }
    *place = std::move(value);
    file_.lines[pointer] = line;
    return place;
  }

  bool put(Json value) {
    std::string pointer;
    add(std::move(value), pointer);
    return true;
  }

  bool open(Json value) {
    if (open_.size() >= kMaxConfigDepth) fail("nested deeper than 32 levels");
    std::string pointer;
    Json* node = add(std::move(value), pointer);
    open_.push_back({node, pointer});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  ConfigFile& file_;
  const int& line_;
  std::vector<Level> open_;
  std::string key_;
  int key_line_ = 1;
};

}  // namespace

std::string escape_pointer(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

ConfigFile parse_json(const std::string& name, std::string_view text) {
  constexpr std::string_view kBom = "\xEF\xBB\xBF";
  if (text.substr(0, kBom.size()) == kBom) text.remove_prefix(kBom.size());
  ConfigFile file;
  file.name = name;
  int line = 1;
  Builder builder(file, line);
  Json::sax_parse(CountingIterator(text.data(), &line),
                  CountingIterator(text.data() + text.size(), &line), &builder);
  return file;
}

}  // namespace tbgw
