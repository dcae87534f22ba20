# SPDX-License-Identifier: Apache-2.0
"""Modbus: requests a second against pymodbus, libmodbus and mbpoll, requests for scattered tags
against the fewest that the protocol allows, many units at once, and the use of a serial line's time."""

import json
import signal
import socket
import statistics
import subprocess
import time
from pathlib import Path

import inputs
from measure import Background, Failed, cpu_seconds, status_field, wait_until
from table import percentage, plain, times

SUPPORT = inputs.TOP / "tests" / "support"
REGISTERS = 2000

# Debian's pymodbus, asked as its manual shows; prints requests a second and CPU seconds a request.
PYMODBUS = """
import sys, time, types
sys.modules["serial_asyncio"] = types.SimpleNamespace(create_serial_connection=None)
from pymodbus.client import ModbusTcpClient
client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]))
client.connect()
count, begin = 0, time.monotonic()
while time.monotonic() - begin < float(sys.argv[2]):
    assert not client.read_holding_registers(125 * (count % 16), 125, slave=1).isError()
    count += 1
print(count / (time.monotonic() - begin), time.process_time() / count)
"""


def bench(tools, folder, table, quick, repetitions):
    requests(tools, folder, table, 2 if quick else 4, 1 if quick else min(repetitions, 5))
    scattered(tools, table)
    many_units(tools, folder, table, 3 if quick else 10)
    line_time(tools, folder, table, 3 if quick else 10)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(background, tools, folder, host):
    """Our own server (libmodbus) with REGISTERS holding registers, of every unit."""
    port = free_port()
    blocks = [
        {"tag": f"b{at}", "type": "bytes", "address": at, "objectsCount": 100, "value": ""}
        for at in range(0, REGISTERS, 100)
    ]
    path = folder / "served.json"
    path.write_text(json.dumps({"slave": {
        "type": "tcp", "host": host, "port": port, "method": "socket", "unitId": 0,
        "deviceName": "s", "values": {"holding_registers": {"timeseries": blocks}}}}))
    background.start([tools / "tbgw-modbus", "serve", path])
    wait_until(lambda: accepts(port), "the server")
    return port


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def polled(background, command, seconds, output):
    """Polls for a while; the counters of the time, summed over all buses, and what it took."""
    with open(output, "wb") as file:
        process = background.start(command, stdin=subprocess.DEVNULL, stdout=file,
                                   stderr=subprocess.DEVNULL)
    time.sleep(1)
    before = counters(process, output)
    cpu, begin = cpu_seconds(process.pid), time.monotonic()
    time.sleep(seconds)
    after = counters(process, output)
    took = time.monotonic() - begin
    figure = {name: after[name] - before[name] for name in after}
    figure |= {"cpu": cpu_seconds(process.pid) - cpu, "took": took,
               "memory": status_field(process.pid, "VmHWM")}
    process.terminate()
    process.wait()
    if figure["answers"] == 0:
        raise Failed("tbgw-modbus read nothing")
    return figure


def counters(process, output):
    known = len(stats(output))
    process.send_signal(signal.SIGUSR1)
    wait_until(lambda: len(stats(output)) > known, "the counters")
    time.sleep(0.05)
    total = {}
    for line in stats(output)[known:]:
        if "name" not in line:
            continue
        for name, count in line["counters"].items():
            total[name] = total.get(name, 0) + count
    return total


def stats(output):
    with open(output, encoding="utf-8") as file:
        lines = [line for line in file if line.startswith('{"event":"stats"')]
    return [json.loads(line) for line in lines if line.endswith("\n")]


def requests(tools, folder, table, seconds, repetitions):
    compile_peers(folder)
    with Background() as background:
        server = background.start([folder / "registers"], stdout=subprocess.PIPE, text=True)
        port = int(server.stdout.readline())
        sides = {
            "one": lambda: ours(background, tools, folder, port, seconds, 1),
            "many": lambda: ours(background, tools, folder, port, seconds, 16),
            "pymodbus": lambda: peer(["/usr/bin/python3", "-c", PYMODBUS, str(port), str(seconds)]),
            "libmodbus": lambda: peer([folder / "libmodbus_reader", str(port), str(seconds)]),
            "mbpoll": lambda: mbpoll(port, seconds),
        }
        runs = {name: [] for name in sides}
        for _ in range(repetitions):
            for name, run in sides.items():
                runs[name].append(run())
        rate, cpu = ({name: statistics.median(column) for name, column in zip(
            runs, [[pair[i] for pair in pairs] for pairs in runs.values()])} for i in (0, 1))
        registers = {name: f"{value * 0.125:.0f} k/s" for name, value in rate.items()}
        spent = {name: f"{value * 1e6:.1f} us" for name, value in cpu.items()}
        table.judge("modbus: registers a second, 16 requests under way / pymodbus",
                    registers["many"], registers["pymodbus"], rate["many"] / rate["pymodbus"], 8, 12)
        table.add("modbus: registers a second, one request under way / pymodbus",
                  registers["one"], registers["pymodbus"], times(rate["one"] / rate["pymodbus"]))
        table.add("modbus: … / bare libmodbus loop, which makes no records",
                  registers["one"], registers["libmodbus"],
                  percentage(rate["one"] / rate["libmodbus"]))
        for peer_name in ("pymodbus", "mbpoll", "libmodbus"):
            table.add(f"modbus: CPU a request of 125 registers / {peer_name}", spent["one"],
                      spent[peer_name], times(cpu[peer_name] / cpu["one"]))
        table.add("modbus: … with 16 under way / pymodbus", spent["many"], spent["pymodbus"],
                  times(cpu["pymodbus"] / cpu["many"]))
    with Background() as background:
        port = serve(background, tools, folder, "127.0.0.1")
        joined(background, [tools / "tbgw-modbus", f"tcp:127.0.0.1:{port}/1", "--device", "d"],
               seconds, folder, table)


def compile_peers(folder):
    for name, libraries in (("registers", []), ("libmodbus_reader", ["-lmodbus"])):
        source = Path(__file__).with_name(f"{name}.cpp")
        subprocess.run(["g++", "-std=c++20", "-O2", "-o", folder / name, source, *libraries],
                       check=True)


def ours(background, tools, folder, port, seconds, pipeline):
    """32 units behind one connection, 2000 registers each, as fast as it goes (512 requests are
    due every millisecond): requests a second, and CPU seconds a request."""
    lists = [{"tag": f"l{at}", "type": "16uint", "functionCode": 3, "address": at, "array": 125}
             for at in range(0, REGISTERS, 125)]
    path = folder / "fast.json"
    path.write_text(json.dumps({"master": {"slaves": [
        {"host": "127.0.0.1", "port": port, "unitId": unit, "deviceName": f"d{unit}",
         "pollPeriod": 1, "order": "ABCD", "pipeline": pipeline, "timeseries": lists}
        for unit in range(1, 33)]}}))
    figure = polled(background, [tools / "tbgw-modbus", path], seconds, folder / "polled.ndjson")
    return figure["answers"] / figure["took"], figure["cpu"] / figure["answers"]


def peer(command):
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(out[0]), float(out[1])


def mbpoll(port, seconds):
    """It polls ten times a second at the most, so only its CPU says something."""
    process = subprocess.Popen(
        ["mbpoll", "-0", "-m", "tcp", "-p", str(port), "-a", "1", "-t", "4", "-r", "0", "-c", "125",
         "-l", "100", "-q", "127.0.0.1"], stdout=subprocess.DEVNULL)
    time.sleep(0.5)
    before = cpu_seconds(process.pid)
    time.sleep(seconds)
    spent = cpu_seconds(process.pid) - before
    process.terminate()
    process.wait()
    return 10, spent / (10 * seconds)


def joined(background, command, seconds, folder, table):
    """500 tags, every other register: in 8 requests, and in one for each."""
    tags = [f"r{at}=hr:{at}" for at in range(0, 1000, 2)]
    fast = ["--every", "20ms", *tags]
    one = polled(background, [*command, "--max-gap", "0", *fast], seconds, folder / "polled.ndjson")
    few = polled(background, [*command, *fast], seconds, folder / "polled.ndjson")
    cost_of_one = one["cpu"] / one["answers"]
    cost_of_few = few["cpu"] / (few["answers"] * 62.5)
    table.judge("modbus: CPU a tag, one by one / joined", f"{cost_of_few * 1e6:.2f} us",
                f"{cost_of_one * 1e6:.2f} us", cost_of_one / cost_of_few, 20, 30)


def scattered(tools, table):
    """1000 tags, 1 to 12 registers apart: the gap of 8 may be read over, more may not."""
    addresses, at, seed = [], 0, 1
    for _ in range(1000):
        addresses.append(at)
        seed = seed * 1103515245 + 12345 & 0x7FFFFFFF
        at += 1 + (seed >> 16) % 12
    fewest, start, last = 1, 0, 0
    for address in addresses[1:]:
        if address - last - 1 > 8 or address - start >= 125:
            fewest, start = fewest + 1, address
        last = address
    plan = subprocess.run(
        [tools / "tbgw-modbus", "tcp:127.0.0.1/1", "--plan", *[f"r{a}=hr:{a}" for a in addresses]],
        capture_output=True, text=True, check=True).stdout
    planned = json.loads(plan.splitlines()[-1])["requests"]
    table.judge("modbus: requests for 1000 scattered tags / fewest", plain(planned), plain(fewest),
                planned / fewest, 1.05, 1, low=True)


def many_units(tools, folder, table, seconds):
    """100 connections (all addresses of the loopback are ours), 50 registers each, every second."""
    with Background() as background:
        port = serve(background, tools, folder, "0.0.0.0")
        slaves = [{
            "host": f"127.0.1.{n}", "port": port, "unitId": 1, "deviceName": f"d{n}",
            "pollPeriod": 1000, "byteOrder": "BIG", "wordOrder": "BIG",
            "timeseries": [{"tag": f"r{at}", "type": "16uint", "functionCode": 3, "address": at}
                           for at in range(50)]} for n in range(1, 101)]
        path = folder / "units.json"
        path.write_text(json.dumps({"master": {"slaves": slaves}}))
        figure = polled(background, [tools / "tbgw-modbus", path], seconds,
                        folder / "polled.ndjson")
        table.add("modbus: 100 units x 50 registers a second, CPU of a core",
                  percentage(figure["cpu"] / figure["took"]))
        table.add("modbus: … memory", f"{figure['memory']} KiB")
        table.add("modbus: … polls left out", f"{figure['overruns']} of {figure['answers']}")


def line_time(tools, folder, table, seconds):
    """RTU at 115200 baud: what the frames and the silence behind them take, of what a request took.
    A pty has no baud rate, so the unit takes the time of the frames."""
    frames = (8 + 255) * 10 / 115200
    name = folder / "line"
    with Background() as background:
        unit = background.start([SUPPORT / "modbus_server", "--rtu", name, "--answer-time",
                                 str(frames)], stdout=subprocess.PIPE)
        unit.stdout.readline()
        figure = polled(background, [tools / "tbgw-modbus", f"rtu:{name},115200/1", "--device", "d",
                                     "--every", "1ms", "r=hr:0:16uint:125"],
                        seconds, folder / "polled.ndjson")
        share = (frames + 0.00175) * figure["answers"] / figure["took"]
        table.judge("modbus: RTU at 115200, use of the line's time", percentage(share), "", share,
                    0.8, 0.9, show=percentage)
