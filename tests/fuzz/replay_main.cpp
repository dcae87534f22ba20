// SPDX-License-Identifier: Apache-2.0
// Feeds every file below the folders given to a fuzz target once: the corpus as a regression test,
// with any compiler. Fails if there was nothing to feed.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include "core/fd.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  int fed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      const std::string bytes = tbgw::read_file(entry.path().string());
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++fed;
    }
  }
  std::printf("%d inputs replayed\n", fed);
  return fed > 0 ? 0 : 1;
}
