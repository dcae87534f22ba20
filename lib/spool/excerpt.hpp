// SPDX-License-Identifier: Apache-2.0
// Records taken out of a spool again, each as a line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "spool/directory.hpp"
#include "spool/reader.hpp"

namespace tbgw::spool {

enum class Form {
  payload,   ///< the record as it came in
  stored,    ///< as it lies on disk: RS, number, checksum, payload
  json,      ///< {"seq":N,"record":PAYLOAD}
  revived,   ///< a dead letter as the record it was, without attributes: newer ones may be there
  restored,  ///< a dead letter as the record it was, all of it
};

/// Which records, and how.
struct ExcerptOptions {
  std::uint64_t position = 0;  ///< begin behind it; 0 = with the oldest
  std::uint64_t to = 0;        ///< the last number; 0 = no end
  std::optional<EpochMs> since;
  bool dead = false;  ///< the spool holds dead letters
  Form form = Form::payload;
  Reader::End end = Reader::End::stops;
};

class Excerpt {
 public:
  /// The directory must outlive this.
  Excerpt(const Directory& directory, const ExcerptOptions& options)
      : directory_(directory),
        options_(options),
        reader_(directory, options.position, options.end) {}

  enum class Step {
    line,     ///< appended to `out`
    news,     ///< damage, told in `news`
    nothing,  ///< no more for now, or at all
    end,      ///< options.to was reached
  };
  Step next(std::string& out, std::string& news);

  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  /// Dead letters not worth a line: no records, cut, or attributes only.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  [[nodiscard]] bool damaged() const { return damaged_; }
  Reader& reader() { return reader_; }

 private:
  [[nodiscard]] EpochMs time_of(const Reader::Item& item) const;

  const Directory& directory_;
  ExcerptOptions options_;
  Reader reader_;
  std::uint64_t lines_ = 0;
  std::uint64_t left_out_ = 0;
  bool damaged_ = false;
};

/// The line without its member `attributes`, if it is a reading that has one; otherwise as it is.
/// nullopt: it held nothing else that is worth sending. Values are kept byte for byte.
/// kLinePadding readable bytes must follow.
std::optional<std::string> without_attributes(std::string_view line);

}  // namespace tbgw::spool
