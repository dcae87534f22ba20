// SPDX-License-Identifier: Apache-2.0
// The bare libmodbus loop: reads 125 registers again and again for so many seconds, and prints
// requests a second and CPU seconds a request.
#include <modbus/modbus.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  modbus_t* unit = modbus_new_tcp("127.0.0.1", std::atoi(argv[1]));
  modbus_set_slave(unit, 1);
  if (modbus_connect(unit) != 0) return 1;
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const std::chrono::duration<double> limit{std::atof(argv[2])};
  std::uint16_t registers[125];
  long count = 0;
  while (Clock::now() - begin < limit) {
    if (modbus_read_registers(unit, 125 * static_cast<int>(count % 16), 125, registers) != 125)
      return 1;
    ++count;
  }
  const std::chrono::duration<double> took = Clock::now() - begin;
  timespec cpu{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  const double spent = static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) / 1e9;
  std::printf("%f %.9f\n", static_cast<double>(count) / took.count(),
              spent / static_cast<double>(count));
}
