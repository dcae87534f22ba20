# SPDX-License-Identifier: Apache-2.0
"""Running things and taking their time. CPU time is what compares: on a shared machine wall time
is mostly the neighbours'."""

import os
import statistics
import subprocess
import time


class Failed(Exception):
    """A run that did not do its work measures nothing."""


def run(pipeline, source):
    """Runs the commands as `source | a | b > /dev/null`; returns the CPU seconds of all of them
    and the wall seconds until the last had ended."""
    processes = []
    start = time.monotonic()
    with open(source, "rb") as first, open(os.devnull, "wb") as last:
        incoming = first
        for number, command in enumerate(pipeline):
            is_last = number == len(pipeline) - 1
            process = subprocess.Popen(
                command, stdin=incoming, stdout=last if is_last else subprocess.PIPE
            )
            if incoming is not first:
                incoming.close()
            incoming = process.stdout
            processes.append(process)
    cpu = 0.0
    for process in processes:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu += usage.ru_utime + usage.ru_stime
    wall = time.monotonic() - start
    for process, command in zip(processes, pipeline):
        if process.returncode != 0:
            raise Failed(f"{command[0]} ended with {process.returncode}")
    return cpu, wall


def medians(candidates, repetitions):
    """candidates: name -> function that returns a figure. They take turns, so that what the
    machine does meanwhile hits all of them."""
    figures = {name: [] for name in candidates}
    for _ in range(repetitions):
        for name, measure in candidates.items():
            figures[name].append(measure())
    return {name: statistics.median(values) for name, values in figures.items()}


def start_cost(command):
    """Milliseconds of CPU from the start of a program until its end, output thrown away."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):  # mosquitto_pub takes its help for a failure
        raise Failed(f"{command[0]} ended with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1e3


def status_field(pid, field):
    """A number from /proc/PID/status: VmHWM and VmRSS in KiB, voluntary_ctxt_switches."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(field + ":"):
                return int(line.split()[1])
    raise Failed(f"process {pid} has no {field}")


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


def is_idle(pid):
    """Waits for input, and did nothing for a moment."""
    before = status_field(pid, "voluntary_ctxt_switches")
    time.sleep(0.1)
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        state = file.read().rsplit(") ", 1)[1][0]
    return state == "S" and status_field(pid, "voluntary_ctxt_switches") == before


def wait_until(condition, what, seconds=30):
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            raise Failed(f"gave up waiting for {what}")
        time.sleep(0.005)


class Background:
    """Processes that run beside the measurement and never outlive it."""

    def __init__(self):
        self.processes = []

    def __enter__(self):
        return self

    def start(self, command, **options):
        process = subprocess.Popen(command, **options)
        self.processes.append(process)
        return process

    def __exit__(self, *_):
        """The last first, one after the other: a consumer ends while what it talks to is there."""
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
