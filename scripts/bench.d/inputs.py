# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks feed, and the programs they compare with."""

import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
MAP = TOP / "scripts" / "examples" / "custom_serial.json"

DEVICE = "CustomSerialDevice1"
FIRST_TS = 1790000000123

# The same conversion in other languages. All of them were given the same lines and must print the
# same readings.
JQ = (
    "{deviceName: .device, deviceType: \"default\", attributes: [{SerialNumber: .data[3:-1]}],"
    " telemetry: [{ts: .ts, values: {humidity: (.data | split(\"\\r\")[0] | tonumber)}}]}"
)
MAWK = (
    '{ printf "{\\"deviceName\\":\\"%s\\",\\"deviceType\\":\\"default\\",'
    '\\"attributes\\":[{\\"SerialNumber\\":\\"%s\\"}],'
    '\\"telemetry\\":[{\\"ts\\":%s,\\"values\\":{\\"humidity\\":%d}}]}\\n",'
    " $14, substr($18, 5, 10), substr($3, 2, length($3) - 2), substr($18, 1, 2) }"
)
PYTHON = """
import json, sys
write = sys.stdout.write
for line in sys.stdin:
    record = json.loads(line)
    data = record["data"]
    write(json.dumps({"deviceName": record["device"], "deviceType": "default",
        "attributes": [{"SerialNumber": data[3:-1]}],
        "telemetry": [{"ts": record["ts"], "values": {"humidity": int(data.split("\\r")[0])}}]},
        separators=(",", ":")) + "\\n")
"""


def raw_records(path, count):
    with open(path, "w", encoding="ascii") as file:
        for number in range(count):
            file.write(
                f'{{"ts":{FIRST_TS + number},"source":"serial","port":"/dev/ttyUSB0",'
                f'"device":"{DEVICE}","data":"{number % 90 + 10}\\r24309{number % 100000:05}\\n"}}\n'
            )
    return path


def readings(path, count, devices=16):
    with open(path, "w", encoding="ascii") as file:
        for number in range(count):
            file.write(
                f'{{"deviceName":"Device{number % devices}","deviceType":"default",'
                f'"telemetry":[{{"ts":{FIRST_TS + number},"values":{{"humidity":{number % 100}}}}}]}}\n'
            )
    return path


def compile_peers(folder):
    """The peers in C++, with the flags of a release build."""
    for name in ("identity", "dom", "raw_publisher"):
        subprocess.run(
            ["g++", "-std=c++20", "-O2", "-o", folder / name, HERE / f"{name}.cpp"], check=True
        )
    return folder
