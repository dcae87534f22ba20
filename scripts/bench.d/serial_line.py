# SPDX-License-Identifier: Apache-2.0
"""A serial line through a pseudo terminal: CPU and wake-ups at 115200 baud and far above it, and the
way of a frame to the platform."""

import json
import os
import statistics
import subprocess
import time
import tty

import inputs
from measure import (
    Background,
    Failed,
    cpu_seconds,
    is_idle,
    medians,
    pss_kib,
    status_field,
    wait_until,
)
from table import percentage, plain

BYTES_PER_SECOND = 11520  # 115200 baud, 8N1
FRAME = b"48\r2430947595\n"


class Pty:
    """The device end is ours, `port` is for the tool."""

    def __enter__(self):
        self.device, self.terminal = os.openpty()
        tty.setraw(self.terminal)
        self.port = os.ttyname(self.terminal)
        return self

    def __exit__(self, *_):
        os.close(self.device)
        os.close(self.terminal)


def bench(tools, folder, table, quick, repetitions):
    at_115200(tools, table, 2 if quick else 5, 1 if quick else repetitions)
    at_a_megabyte(tools, table, 1 if quick else 3, 1 if quick else repetitions)
    pipeline(tools, folder, table, 50 if quick else 400, 5 if quick else 20)


def at_115200(tools, table, seconds, repetitions):
    reader = [tools / "tbgw-serial", "--baud", "115200"]
    figures = [fed(reader, seconds, BYTES_PER_SECOND, 64) for _ in range(repetitions)]
    cpu = statistics.median(figure["cpu"] for figure in figures)
    wakes = statistics.median(figure["wakes"] for figure in figures)
    table.judge("serial at 115200 baud, CPU of a core", percentage(cpu), "", cpu, 0.015,
                low=True, show=percentage)
    table.judge("serial at 115200 baud, wake-ups a chunk", plain(wakes), "", wakes, 2,
                low=True, show=plain)
    expect_all(figures)


def at_a_megabyte(tools, table, seconds, repetitions):
    def reader(command):
        return lambda: fed(command, seconds, 1_000_000, 2048)

    figures = [reader([tools / "tbgw-serial"])() for _ in range(repetitions)]
    cat = medians({"cat": lambda: reader(["cat"])()["cpu"]}, repetitions)
    cpu = statistics.median(figure["cpu"] for figure in figures)
    lost = sum(figure["sent"] - figure["got"] for figure in figures)
    table.add("serial at 1 MB/s (87 x 115200 baud), CPU of a core",
              f"{percentage(cpu)}, {lost} frames lost", f"cat {percentage(cat['cat'])}")


def expect_all(figures):
    for figure in figures:
        if figure["got"] != figure["sent"]:
            raise Failed(f"{figure['sent']} frames sent, {figure['got']} printed")


def fed(command, seconds, bytes_per_second, chunk):
    """Feeds a reader of the port with frames at an even pace; what it needed, and what it printed.
    Whoever reads its output is not counted."""
    with Pty() as line, Background() as background:
        process = background.start(
            [*command, line.port], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        counter = background.start(
            ["grep", "-c", "2430947595"], stdin=process.stdout, stdout=subprocess.PIPE
        )
        process.stdout.close()
        wait_for_reader(line, process)
        cpu = cpu_seconds(process.pid)
        wakes = status_field(process.pid, "voluntary_ctxt_switches")
        frames = seconds * bytes_per_second // len(FRAME)
        data = FRAME * frames
        begin = time.monotonic()
        for start in range(0, len(data), chunk):
            os.write(line.device, data[start:start + chunk])
            time.sleep(max(0, begin + start / bytes_per_second - time.monotonic()))
        took = time.monotonic() - begin
        wait_until(lambda: is_idle(process.pid), "the reader to be done")
        figure = {
            "cpu": (cpu_seconds(process.pid) - cpu) / took,
            "wakes": (status_field(process.pid, "voluntary_ctxt_switches") - wakes)
            * chunk / len(data),
            "sent": frames,
        }
        process.terminate()
        figure["got"] = int(counter.communicate()[0])
        return figure


def wait_for_reader(line, process):
    """Until it has opened the port and waits for bytes: it drops what came before."""
    wait_until(lambda: has_open(process.pid, line.port), "the port to be opened")
    time.sleep(0.3)


def has_open(pid, path):
    folder = f"/proc/{pid}/fd"
    for name in os.listdir(folder):
        try:
            if os.readlink(f"{folder}/{name}") == path:
                return True
        except FileNotFoundError:
            pass
    return False


def pipeline(tools, folder, table, frames, idle_seconds):
    """serial | convert | push into the stand-in platform."""
    log = folder / "platform.log"
    (folder / "token").write_text("test-token")
    (folder / "token").chmod(0o600)
    with Pty() as line, Background() as background:
        platform = background.start(
            ["/usr/bin/python3", inputs.TOP / "tests" / "support" / "platform", "--log", log],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        port = json.loads(platform.stdout.readline())["listening"]
        serial = background.start(
            [tools / "tbgw-serial", line.port], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        convert = background.start(
            [tools / "tbgw-convert", inputs.MAP], stdin=serial.stdout, stdout=subprocess.PIPE
        )
        push = background.start(
            [tools / "tbgw-push", f"mqtt://127.0.0.1:{port}", "--token-file", folder / "token"],
            stdin=convert.stdout, stdout=subprocess.DEVNULL,
        )
        wait_for_reader(line, serial)
        latency(line, log, table, frames)
        time.sleep(1)
        idle({"serial": serial.pid, "convert": convert.pid, "push": push.pid}, table, idle_seconds)


def latency(line, log, table, frames):
    """From the write of a frame to the platform's note of its arrival, in whole milliseconds."""
    sent = {}
    for number in range(frames):
        value = number % 90 + 10
        os.write(line.device, f"{value}\r24309{number:05}\n".encode())
        sent[f"24309{number:05}"] = time.time_ns() // 1_000_000
        time.sleep(0.025)
    wait_until(lambda: len(arrivals(log)) >= frames, "the frames at the platform")
    took = sorted(at - sent[serial] for serial, at in arrivals(log).items())
    table.add("from the device to the platform, p50 / p99",
              f"{took[len(took) // 2]:} / {took[len(took) * 99 // 100]} ms")


def arrivals(log):
    """Serial number -> when the attribute came."""
    found = {}
    with open(log, encoding="utf-8") as file:
        for text in file:
            entry = json.loads(text) if text.endswith("\n") else {}
            serial = entry.get("values", {}).get("SerialNumber")
            if entry.get("kind") == "attributes" and serial is not None:
                found[str(serial)] = entry["at"]
    return found


def idle(pipeline_pids, table, seconds):
    before = {
        name: status_field(pid, "voluntary_ctxt_switches") for name, pid in pipeline_pids.items()
    }
    time.sleep(seconds)
    for name, pid in pipeline_pids.items():
        wakes = (status_field(pid, "voluntary_ctxt_switches") - before[name]) / seconds
        table.judge(f"idle tbgw-{name}, wake-ups a second", plain(wakes), "", wakes, 1,
                    low=True, show=plain)
    sizes = {name: pss_kib(pid) / 1024 for name, pid in pipeline_pids.items()}
    table.add("memory of the running pipeline (PSS)", f"{sum(sizes.values()):.1f} MiB",
              ", ".join(f"{name} {size:.1f}" for name, size in sizes.items()))
