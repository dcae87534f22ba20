# SPDX-License-Identifier: Apache-2.0
"""What a process costs: its start, and its memory at work."""

import subprocess

import inputs
from measure import Background, is_idle, medians, start_cost, status_field, wait_until


def bench(tools, folder, table, quick, repetitions):
    starts(tools, table, 10 if quick else 60)
    memory(tools, folder, table, 50_000 if quick else 200_000, repetitions)


def starts(tools, table, repetitions):
    names = sorted(path.name for path in tools.glob("tbgw-*"))
    commands = {name: tools / name for name in names}
    commands.update({"jq": "jq", "mosquitto_pub": "mosquitto_pub"})
    took = medians(
        {
            name: lambda command=command: start_cost([command, "--help"])
            for name, command in commands.items()
        },
        repetitions,
    )
    for name in names:
        peer, must, aim = ("mosquitto_pub", 3, 2) if name == "tbgw-push" else ("jq", 2.5, 1.7)
        table.judge(f"start of {name} --help, CPU", f"{took[name]:.1f} ms",
                    f"{peer} {took[peer]:.1f} ms", took[name] / took[peer], must, aim, low=True)


def memory(tools, folder, table, count, repetitions):
    source = inputs.raw_records(folder / "memory.ndjson", count)
    filters = {
        "tbgw-convert": [tools / "tbgw-convert", inputs.MAP],
        "tbgw-replay": [tools / "tbgw-replay", "--speed", "max"],
        "jq": ["jq", "-c", inputs.JQ],
    }
    peak = medians(
        {name: lambda command=command: peak_mib(command, source)
         for name, command in filters.items()},
        repetitions,
    )
    for name in ("tbgw-convert", "tbgw-replay"):
        table.judge(f"peak memory of {name}, {count} records", f"{peak[name]:.1f} MiB",
                    f"jq {peak['jq']:.1f} MiB", peak[name] / peak["jq"], 2, 1.5, low=True)


def peak_mib(command, source):
    """The input is held open until the peak was read: with the process its memory goes too."""
    with Background() as background, open(source, "rb") as file:
        process = background.start(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        while block := file.read(1 << 16):
            process.stdin.write(block)
        process.stdin.flush()
        wait_until(lambda: is_idle(process.pid), f"{command[0]} to be done")
        return status_field(process.pid, "VmHWM") / 1024
