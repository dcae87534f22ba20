// SPDX-License-Identifier: Apache-2.0
// One pass over the text: what is inside the members is only checked, what the members are is
// remembered. By hand, because a record is short and most of it is text between quotes.
#include "core/json_view.hpp"

#include <bit>
#include <charconv>
#include <cstring>
#include <string>
#include <system_error>
#include <unordered_set>
#include <vector>

#include "core/json_text.hpp"
#include "core/text.hpp"

namespace tbgw {
namespace {

constexpr std::string_view kInvalid = "not valid JSON";
constexpr std::string_view kBadNumber = "not valid JSON: a bad number";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The high bit of the first byte of `eight` that is no plain character of a JSON string: a quote,
/// a backslash, a control character, or one of a longer UTF-8 sequence. (Behind that byte other
/// bits may be set.) 0 = all are plain.
std::uint64_t first_special(std::uint64_t eight) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  const std::uint64_t quote = (eight ^ (kOnes * '"')) - kOnes;
  const std::uint64_t backslash = (eight ^ (kOnes * '\\')) - kOnes;
  const std::uint64_t control = eight - kOnes * 0x20U;
  return (eight | quote | backslash | control) & (kOnes << 7U);
}

/// Goes through a text once. Each step takes what it is named after and leaves at_ behind it;
/// false: refused, see why(). (All of it stands in the class, and so is inline: it is what most of
/// the time goes into.)
class Scanner {
 public:
  /// `unescaped` takes the texts of strings with escapes; it must be empty and have room for all of
  /// `text`, as views into it are handed out.
  Scanner(std::string_view text, std::string& unescaped)
      : at_(text.data()), end_(text.data() + text.size()), unescaped_(unescaped) {}

  /// Appends the members of the object ('{') or array ('[') that the whole text is.
  bool members(char open, std::vector<JsonMember>& to) {
    skip_space();
    if (at_ == end_) return refuse("an empty line");
    if (!take(open)) return refuse("not a JSON object");
    const bool is_object = open == '{';
    const bool complete = list(is_object ? '}' : ']', [&] {
      JsonMember& member = to.emplace_back();
      return (!is_object || (string(member.key) && colon())) && value(member);
    });
    if (!complete) return false;
    skip_space();
    return at_ == end_ || refuse("not valid JSON: text behind the end");
  }

  [[nodiscard]] std::string_view why() const { return why_; }

 private:
  bool refuse(std::string_view why) {
    why_ = at_ == end_ && why == kInvalid ? "not valid JSON: it ends too early" : why;
    return false;
  }

  /// '\0', which stands nowhere in JSON, at the end.
  [[nodiscard]] char here() const { return at_ < end_ ? *at_ : '\0'; }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r'))
      ++at_;
  }
  [[nodiscard]] std::string_view since(const char* start) const {
    return {start, static_cast<std::size_t>(at_ - start)};
  }
  [[nodiscard]] std::string_view rest() const {
    return {at_, static_cast<std::size_t>(end_ - at_)};
  }

  bool colon() {
    skip_space();
    if (!take(':')) return refuse(kInvalid);
    skip_space();
    return true;
  }

  /// Members up to `close`, each taken by `member`, with commas between.
  template <class Member>
  bool list(char close, const Member& member) {
    skip_space();
    if (take(close)) return true;
    while (member()) {
      skip_space();
      if (take(close)) return true;
      if (!take(',')) return refuse(kInvalid);
      skip_space();
    }
    return false;
  }

  bool value(JsonMember& member) {
    const char* const start = at_;
    const char first = here();
    if (first == '"') {
      member.type = JsonType::string;
      if (!string(member.text)) return false;
      member.raw = since(start);
      return true;
    }
    if (!check(1)) return false;
    member.type = json_type(first);
    member.raw = member.text = since(start);
    return true;
  }

  /// A value in `depth` containers, whatever is in it.
  bool check(int depth) {
    switch (here()) {
      case '"':
        return check_string();
      case '{':
      case '[':
        return check_nested(depth);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool check_nested(int depth) {
    if (depth >= kMaxDepth) return refuse("nested deeper than 32 levels");
    const bool is_object = *at_++ == '{';
    return list(is_object ? '}' : ']',
                [&] { return (!is_object || (check_string() && colon())) && check(depth + 1); });
  }

  bool word(std::string_view text) {
    if (rest().substr(0, text.size()) != text) return refuse(kInvalid);
    at_ += text.size();
    return true;
  }

  std::size_t digits() {
    const char* const start = at_;
    while (at_ < end_ && is_digit(*at_))
      ++at_;
    return since(start).size();
  }

  /// RFC 8259 section 6: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?, and finite.
  bool number() {
    const char* const start = at_;
    const bool negative = take('-');
    const bool zero = here() == '0';
    const std::size_t whole = digits();
    if (whole == 0) return refuse(negative ? kBadNumber : kInvalid);
    if (zero && whole > 1) return refuse(kBadNumber);
    if (take('.') && digits() == 0) return refuse(kBadNumber);
    const bool exponent = take('e') || take('E');
    if (exponent) {
      if (!take('+')) take('-');
      if (digits() == 0) return refuse(kBadNumber);
    }
    constexpr std::string_view kNeverBehind = "+-.eE";
    if (kNeverBehind.find(here()) != std::string_view::npos) return refuse(kBadNumber);
    const bool doubtful = exponent || whole > 300;
    return !doubtful || !is_huge(since(start)) || refuse(kBadNumber);
  }

  /// To the quote or backslash that comes next in a string.
  bool plain_text() {
    while (true) {
      // Eight characters at a time, in the order in which a little-endian word holds them.
      while (std::endian::native == std::endian::little && end_ - at_ >= 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, at_, sizeof eight);
        const std::uint64_t special = first_special(eight);
        at_ += special == 0 ? sizeof eight : static_cast<unsigned>(std::countr_zero(special)) / 8U;
        if (special != 0) break;
      }
      if (at_ == end_) return refuse("not valid JSON: a string has no end");
      const auto c = static_cast<unsigned char>(*at_);
      if (c == '"' || c == '\\') return true;
      if (c < 0x20U) return refuse("not valid JSON: a control character in a string");
      const std::size_t length = c < 0x80U ? 1 : utf8_sequence(rest());
      if (length == 0) return refuse("not valid UTF-8");
      at_ += length;
    }
  }

  bool check_string() {
    if (!take('"')) return refuse(kInvalid);
    while (plain_text()) {
      if (take('"')) return true;
      if (!escape(nullptr)) return false;
    }
    return false;
  }

  /// Nearly all are views into the text.
  bool string(std::string_view& text) {
    if (!take('"')) return refuse(kInvalid);
    const char* run = at_;
    if (!plain_text()) return false;
    text = since(run);
    if (take('"')) return true;
    const std::size_t start = unescaped_.size();
    unescaped_.append(text);
    while (escape(&unescaped_)) {
      run = at_;
      if (!plain_text()) return false;
      unescaped_.append(since(run));
      if (!take('"')) continue;
      text = std::string_view{unescaped_}.substr(start);
      return true;
    }
    return false;
  }

  /// At a backslash. Appends what the escape stands for, if `out` is given.
  bool escape(std::string* out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    ++at_;
    std::uint32_t code = 0;
    bool good = true;
    if (const std::size_t which = kLetters.find(here()); which != std::string_view::npos) {
      ++at_;
      code = static_cast<unsigned char>(kMeanings[which]);
    } else {
      good = take('u') && hex(code);
      if (code >= 0xD800U && code < 0xE000U) good = good && low_surrogate(code);
    }
    if (!good) return refuse("not valid JSON: a bad escape in a string");
    if (out != nullptr) append_utf8(*out, code);
    return true;
  }

  bool hex(std::uint32_t& code) {
    if (rest().size() < 4) return false;
    const auto result = std::from_chars(at_, at_ + 4, code, 16);
    if (result.ec != std::errc{} || result.ptr != at_ + 4) return false;
    at_ += 4;
    return true;
  }

  /// The half that must follow the high surrogate in `code`; a low one alone is wrong.
  bool low_surrogate(std::uint32_t& code) {
    std::uint32_t low = 0;
    if (code >= 0xDC00U || !take('\\') || !take('u') || !hex(low)) return false;
    if (low < 0xDC00U || low >= 0xE000U) return false;
    code = 0x10000U + ((code & 0x3FFU) << 10U) + (low & 0x3FFU);
    return true;
  }

  const char* at_;
  const char* end_;
  std::string& unescaped_;
  std::string_view why_;
};

/// Keeps the last of equal keys.
void drop_duplicates(std::vector<JsonMember>& members) {
  std::unordered_set<std::string_view> later;
  const bool many = members.size() > 24;  // below that, comparing all pairs is quicker
  for (std::size_t i = members.size(); i-- > 0;) {
    const std::string_view key = members[i].key;
    bool again = false;
    if (many) {
      again = !later.insert(key).second;
    } else {
      for (std::size_t j = i + 1; j < members.size() && !again; ++j)
        again = members[j].key == key;
    }
    if (again) members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

struct JsonView::Impl {
  std::vector<JsonMember> members;
  std::string unescaped;

  Result<std::span<const JsonMember>> read(std::string_view json, char open) {
    members.clear();
    unescaped.clear();
    unescaped.reserve(json.size());  // no escape is shorter than what it stands for
    Scanner scanner(json, unescaped);
    if (!scanner.members(open, members)) {
      return Error{std::string{is_utf8(json) ? scanner.why() : "not valid UTF-8"}};
    }
    if (open == '{') drop_duplicates(members);
    return std::span<const JsonMember>{members};
  }
};

JsonView::JsonView() : impl_(std::make_unique<Impl>()) {}
JsonView::~JsonView() = default;
JsonView::JsonView(JsonView&&) noexcept = default;
JsonView& JsonView::operator=(JsonView&&) noexcept = default;

Result<std::span<const JsonMember>> JsonView::object(std::string_view json) {
  return impl_->read(json, '{');
}

Result<std::span<const JsonMember>> JsonView::array(std::string_view json) {
  return impl_->read(json, '[');
}

const JsonMember* find(std::span<const JsonMember> members, std::string_view key) {
  for (const JsonMember& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

}  // namespace tbgw
