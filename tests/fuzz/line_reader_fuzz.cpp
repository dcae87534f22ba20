// SPDX-License-Identifier: Apache-2.0
// library: core
// Lines of any bytes, of any length, from a pipe: every byte comes out once, in order.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/fd.hpp"
#include "core/line_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 60'000) return 0;  // what a pipe takes without a reader
  const std::size_t max_line = data[0] + 1U;
  const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  tbgw::Pipe pipe = tbgw::make_pipe();
  if (!tbgw::write_all(pipe.write.get(), input)) std::abort();
  pipe.write.reset();
  tbgw::LineReader reader(pipe.read.get(), max_line);
  std::size_t at = 0;
  std::uint64_t number = 0;
  bool end = false;
  while (!end) {
    end = reader.fill() == tbgw::LineReader::Fill::end;
    tbgw::Line line;
    while (reader.next(line)) {
      const std::size_t stop = std::min(input.find('\n', at), input.size());
      if (line.number != ++number) std::abort();
      if (line.too_long != (stop - at > max_line)) std::abort();
      if (line.text != std::string_view{input}.substr(at, std::min(stop - at, max_line))) {
        std::abort();
      }
      at = stop + 1;
    }
  }
  if (at < input.size()) std::abort();
  return 0;
}
