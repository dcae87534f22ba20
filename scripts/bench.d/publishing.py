# SPDX-License-Identifier: Apache-2.0
"""tbgw-push to a broker, against publishing the same messages from a bare socket and against
mosquitto_pub; and its memory while nothing is acknowledged."""

import json
import os
import random
import shutil
import socket
import subprocess
import time

import inputs
from measure import Background, Failed, is_idle, medians, run, status_field, wait_until
from table import percentage, rate

# Broker and publisher share one CPU: where the scheduler puts the two ends would decide otherwise.
PINNED = ["taskset", "-c", str(max(os.sched_getaffinity(0)))]


def bench(tools, folder, table, quick, repetitions):
    count = 50_000 if quick else 200_000
    few = count // 10
    many = inputs.readings(folder / "readings.ndjson", count)
    single = inputs.readings(folder / "single.ndjson", few)
    messages = folder / "messages.txt"
    with Background() as background:
        port = start_broker(background, folder)
        url = f"mqtt://127.0.0.1:{port}"
        push = [tools / "tbgw-push", url]
        # Small messages, so that messages are what costs: their number is compared here.
        small = [*push, "--max-payload", "1K"]
        packed = record_messages(background, port, small, many, messages)
        raw = [folder / "raw_publisher", str(port), "80"]
        one_by_one = ["mosquitto_pub", "-p", str(port), "-l", "-q", "1", "-t", "one/by/one"]
        took = medians(
            {
                "push": lambda: run([PINNED + push], many)[1],
                "small": lambda: run([PINNED + small], many)[1],
                "raw": lambda: run([PINNED + raw], messages)[1],
                "mosquitto_pub": lambda: run([PINNED + one_by_one], single)[1] * count / few,
            },
            repetitions,
        )
        cpu = medians({"push": lambda: run([push], many)[0]}, repetitions)
    table.judge("push / bare socket, the same messages of 1 KiB",
                f"{rate(packed, took['small'])} messages", f"raw {rate(packed, took['raw'])}",
                took["raw"] / took["small"], 0.70, 0.85, show=percentage)
    table.judge("push against mosquitto_pub -l -q 1", f"{rate(count, took['push'])} records",
                f"mosquitto_pub {rate(count, took['mosquitto_pub'])}",
                took["mosquitto_pub"] / took["push"], 20, 40)
    table.add("push, CPU", f"{cpu['push'] / count * 1e9:.0f} ns/record")
    stalled(tools, folder, table, many)


def record_messages(background, port, push, source, path):
    """What tbgw-push sends, as "topic TAB payload" lines; returns how many there are."""
    with open(path, "wb") as out:
        listener = background.start(
            ["mosquitto_sub", "-p", str(port), "-q", "1", "-t", "#", "-F", "%t\t%p"], stdout=out
        )
        wait_until(lambda: is_idle(listener.pid), "the subscription")
        run([push], source)
        wait_until(lambda: is_idle(listener.pid), "the messages")
        listener.terminate()
        listener.wait()
    lines = path.read_bytes()
    if lines.count(b'"humidity"') != source.read_bytes().count(b'"humidity"'):
        raise Failed("the broker lost messages")
    return lines.count(b"\n")


def start_broker(background, folder):
    """mosquitto on a port that was free a moment ago; it is ours if it says that it runs."""
    mosquitto = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
    if mosquitto is None:
        raise Failed("mosquitto is not installed; scripts/setup run installs it")
    for _ in range(20):
        port = random.randint(20000, 40000)
        config = folder / "broker.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
        log = folder / "broker.log"
        with open(log, "wb") as out:
            broker = background.start([*PINNED, mosquitto, "-c", config], stderr=out, stdout=out)
        wait_until(lambda: broker.poll() is not None or b" running" in log.read_bytes(), "a broker")
        if broker.poll() is None:
            return port
    raise Failed("no port for a broker")


def stalled(tools, folder, table, source):
    """A platform that stores and never acknowledges: memory ends at --memory (16 MiB) and what the
    process itself needs."""
    token = folder / "push-token"
    token.write_text("test-token")
    token.chmod(0o600)
    with Background() as background:
        platform = background.start(
            ["/usr/bin/python3", inputs.TOP / "tests" / "support" / "platform", "--log", "/dev/null"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        port = json.loads(platform.stdout.readline())["listening"]
        platform.stdin.write(b"mute\n")
        platform.stdin.flush()
        endless = background.start(
            ["sh", "-c", 'while cat "$0"; do :; done', source], stdout=subprocess.PIPE
        )
        push = background.start(
            [tools / "tbgw-push", f"mqtt://127.0.0.1:{port}", "--token-file", token],
            stdin=endless.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        endless.stdout.close()
        time.sleep(5)
        peak = status_field(push.pid, "VmHWM") / 1024
        push.kill()
    table.judge("push, peak memory while nothing is acknowledged", f"{peak:.1f} MiB", "", peak,
                24, 20, low=True, show=lambda value: f"{value:.0f} MiB")
