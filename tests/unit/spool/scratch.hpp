// SPDX-License-Identifier: Apache-2.0
// Verbs for the tests of spools on disk: a folder that goes away, files as bytes, everything that a
// reader says.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "spool/reader.hpp"
#include "spool/writer.hpp"

namespace tbgw::spool::test {

class Scratch {
 public:
  Scratch() {
    // In memory if possible: the thousands of syncs of these tests are not about the medium.
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    const std::filesystem::path parent =
        memory ? "/dev/shm" : std::filesystem::temp_directory_path();
    const std::string base = parent / "tbgw-spool-test.XXXXXX";
    std::vector<char> text(base.begin(), base.end());
    text.push_back('\0');
    if (::mkdtemp(text.data()) == nullptr) throw std::runtime_error("no scratch folder");
    path_ = text.data();
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string read_bytes(const std::string& path) {
  return std::filesystem::exists(path) ? read_file(path) : std::string{};
}

inline void write_bytes(const std::string& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::vector<std::string> segment_files(const std::string& spool) {
  std::vector<std::string> found;
  for (const SegmentName& name : Directory::open(spool).segments())
    found.push_back(spool + "/" + name.text());
  return found;
}

/// Everything a reader of the spool as it stands says.
struct Seen {
  std::map<std::uint64_t, std::string> records;
  std::vector<Reader::Item> damage;
  std::vector<Reader::Item> gaps;

  /// True if the number is in a gap that was reported.
  [[nodiscard]] bool missed(std::uint64_t seq) const {
    for (const Reader::Item& gap : gaps)
      if (gap.first <= seq && seq <= gap.last) return true;
    return false;
  }
};

inline Seen drain(Reader& reader, std::uint64_t limit = Reader::kNoLimit) {
  Seen seen;
  std::uint64_t last = 0;
  while (true) {
    const Reader::Item item = reader.next(limit);
    switch (item.kind) {
      case Reader::Kind::nothing:
        return seen;
      case Reader::Kind::record:
        EXPECT_GT(item.seq, last) << "numbers must rise";
        last = item.seq;
        seen.records[item.seq] = std::string{item.payload};
        break;
      case Reader::Kind::damage:
        seen.damage.push_back(item);
        break;
      case Reader::Kind::gap:
        seen.gaps.push_back(item);
        break;
    }
  }
}

inline Seen read_all(const std::string& spool, std::uint64_t position = 0) {
  const Directory directory = Directory::open(spool);
  Reader reader(directory, position, Reader::End::stops);
  return drain(reader);
}

/// A payload that tells its number and has about the size.
inline std::string payload(std::uint64_t number, std::size_t size = 30) {
  std::string text = "{\"n\":" + std::to_string(number) + ",\"v\":\"";
  if (text.size() + 2 < size) text.append(size - text.size() - 2, 'x');
  return text + "\"}";
}

inline WriterOptions small_segments() {
  WriterOptions options;
  options.segment_bytes = kLeastSegmentBytes;
  options.min_free = 0;
  return options;
}

inline std::unique_ptr<Writer> open_writer(const std::string& path,
                                           const WriterOptions& options = small_segments()) {
  return std::make_unique<Writer>(Directory::create(path), options);
}

/// Appends and commits `count` records whose payloads tell their numbers.
inline void put(Writer& writer, int count, std::size_t size = 30) {
  for (int i = 0; i < count; ++i)
    writer.append(payload(writer.last() + 1, size));
  const Outcome done = writer.commit();
  ASSERT_TRUE(done) << done.text;
}

}  // namespace tbgw::spool::test
