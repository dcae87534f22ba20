// SPDX-License-Identifier: Apache-2.0
// The least that a filter of lines can do: find each newline, copy each line. What our filters are
// measured against.
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <vector>

namespace {

constexpr std::size_t kBlock = std::size_t{256} << 10;

bool write_out(const char* from, std::size_t size) {
  while (size > 0) {
    const ssize_t put = ::write(1, from, size);
    if (put <= 0) return false;
    from += put;
    size -= static_cast<std::size_t>(put);
  }
  return true;
}

}  // namespace

int main() {
  std::vector<char> in(2 * kBlock);
  std::vector<char> out(2 * kBlock);
  std::size_t kept = 0;  // of a line whose end is not read yet
  std::size_t used = 0;
  while (true) {
    const ssize_t got = ::read(0, in.data() + kept, kBlock);
    if (got < 0) return 1;
    const std::size_t end = kept + static_cast<std::size_t>(got);
    std::size_t begin = 0;
    while (const void* found = std::memchr(in.data() + begin, '\n', end - begin)) {
      const auto next = static_cast<std::size_t>(static_cast<const char*>(found) - in.data()) + 1;
      std::memcpy(out.data() + used, in.data() + begin, next - begin);
      used += next - begin;
      begin = next;
      if (used >= kBlock) {
        if (!write_out(out.data(), used)) return 1;
        used = 0;
      }
    }
    kept = end - begin;
    if (kept > kBlock) return 1;  // no line of a benchmark is that long
    std::memmove(in.data(), in.data() + begin, kept);
    if (got == 0) break;
  }
  return write_out(out.data(), used) ? 0 : 1;
}
