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

    bench_messages(tools, folder, table, count // 4, repetitions)

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


JSON_MAP = """{"maps": [{"topic": "sensor/+", "deviceName": "${id}", "telemetry": [
  {"key": "t", "type": "double"}, {"key": "h", "type": "int"}, {"key": "p", "type": "double"},
  {"key": "on", "type": "bool"}], "attributes": [{"key": "fw", "type": "string"}]}]}"""
JSON_JQ = """.ts as $ts | .data | fromjson | {deviceName: .id, deviceType: "default",
  attributes: [{fw}], telemetry: [{ts: $ts, values: {t, h, p, on}}]}"""
BYTES_MAP = '{"maps": [{"decode": "bytes", "deviceName": "D", "telemetry": [%s]}]}' % ", ".join(
    '{"key": "k%d", "at": %d, "type": "u16", "scale": 0.1}' % (i, 2 * i) for i in range(10)
)


def bench_messages(tools, folder, table, count, repetitions):
    """Maps for messages: JSON with five fields against jq, bytes with ten by themselves."""
    (folder / "json_map.json").write_text(JSON_MAP, encoding="utf-8")
    (folder / "bytes_map.json").write_text(BYTES_MAP, encoding="utf-8")
    with open(folder / "messages.ndjson", "w", encoding="utf-8") as messages, open(
        folder / "frames.ndjson", "w", encoding="utf-8"
    ) as frames:
        for i in range(count):
            stamp = 1790000000000 + i
            data = '{\\"id\\":\\"D%d\\",\\"t\\":21.5,\\"h\\":%d,\\"p\\":1013.2,' % (i % 16, i % 100)
            data += '\\"on\\":true,\\"fw\\":\\"1.2\\"}'
            messages.write('{"ts":%d,"source":"mqtt","topic":"sensor/1","data":"%s"}\n' % (stamp, data))
            frames.write('{"ts":%d,"data":"%s","encoding":"hex"}\n' % (stamp, "08fa" * 10))
    convert = [tools / "tbgw-convert", folder / "json_map.json"]
    decode = [tools / "tbgw-convert", folder / "bytes_map.json"]
    jq = ["jq", "-c", JSON_JQ]
    took = medians(
        {
            "json": lambda: run([convert], folder / "messages.ndjson")[0] / count,
            "jq": lambda: run([jq], folder / "messages.ndjson")[0] / count,
            "bytes": lambda: run([decode], folder / "frames.ndjson")[0] / count,
            "identity": lambda: run([[folder / "identity"]], folder / "messages.ndjson")[0] / count,
        },
        repetitions,
    )
    table.judge("convert, JSON map of 5 fields, against jq", nanoseconds(took["json"], 1),
                f"jq {nanoseconds(took['jq'], 1)}", took["jq"] / took["json"], 6, 15)
    table.add("convert, bytes map of 10 fields, CPU", nanoseconds(took["bytes"], 1),
              f"identity {nanoseconds(took['identity'], 1)}")


def check_agreement(source, convert, others):
    """All print the same readings, or comparing them means nothing."""
    expected = output_of(convert, source)
    for command in others:
        if output_of(command, source) != expected:
            raise Failed(f"{command[0]} does not print the same readings as {convert[0]}")


def output_of(command, source):
    with open(source, "rb") as file:
        return subprocess.run(command, stdin=file, stdout=subprocess.PIPE, check=True).stdout
