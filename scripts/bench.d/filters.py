# SPDX-License-Identifier: Apache-2.0
"""tbgw-convert and tbgw-replay against doing nothing, and against others who do the same."""

import subprocess

import inputs
from measure import Failed, medians, run
from table import nanoseconds, percentage


def bench(tools, folder, table, quick, repetitions):
    count = 100_000 if quick else 400_000
    many = inputs.raw_records(folder / "raw.ndjson", count)
    few = inputs.raw_records(folder / "few.ndjson", count // 4)
    convert = [tools / "tbgw-convert", inputs.MAP]
    identity = [folder / "identity"]
    peers = {
        "mawk": (["mawk", "-F\"", inputs.MAWK], 1.5, 2.5),
        "nlohmann DOM": ([folder / "dom"], 8, 12),
        "python3": (["/usr/bin/python3", "-c", inputs.PYTHON], 15, 25),
        "jq": (["jq", "-c", inputs.JQ], 20, 35),
    }
    check_agreement(few, convert, [command for command, _, _ in peers.values()])

    def cpu(command, source, records):
        return lambda: run([command], source)[0] / records

    def chained(command):
        return lambda: run([["cat"], command, ["cat"]], many)[0] / count

    took = medians(
        {
            "convert": cpu(convert, many, count),
            "identity": cpu(identity, many, count),
            "convert in a chain": chained(convert),
            "identity in a chain": chained(identity),
            "replay": cpu([tools / "tbgw-replay", "--speed", "max"], many, count),
            "replay, shifted": cpu(
                [tools / "tbgw-replay", "--speed", "max", "--ts", "shift"], many, count
            ),
            "cat": cpu(["cat"], many, count),
            **{name: cpu(command, few, count // 4) for name, (command, _, _) in peers.items()},
        },
        repetitions,
    )

    def show(seconds):
        return nanoseconds(seconds, 1)

    table.judge("convert / identity copy, CPU", show(took["convert"]),
                f"identity {show(took['identity'])}", took["identity"] / took["convert"],
                0.05, 0.08, show=percentage)
    table.judge("cat | convert | cat, CPU of the chain", show(took["convert in a chain"]),
                f"identity {show(took['identity in a chain'])}",
                took["identity in a chain"] / took["convert in a chain"],
                0.20, 0.25, show=percentage)
    for name, (_, must, aim) in peers.items():
        table.judge(f"convert against {name}, same job", show(took["convert"]),
                    f"{name} {show(took[name])}", took[name] / took["convert"], must, aim)
    table.judge("replay --speed max / identity copy, CPU", show(took["replay"]),
                f"identity {show(took['identity'])}", took["identity"] / took["replay"],
                0.5, 0.8, show=percentage)
    table.add("replay --speed max --ts shift, CPU", show(took["replay, shifted"]),
              f"cat {show(took['cat'])}")


def check_agreement(source, convert, others):
    """All print the same readings, or comparing them means nothing."""
    expected = output_of(convert, source)
    for command in others:
        if output_of(command, source) != expected:
            raise Failed(f"{command[0]} does not print the same readings as {convert[0]}")


def output_of(command, source):
    with open(source, "rb") as file:
        return subprocess.run(command, stdin=file, stdout=subprocess.PIPE, check=True).stdout
