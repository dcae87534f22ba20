# SPDX-License-Identifier: Apache-2.0
"""tbgw-spool on the disk of the build folder: what it accepts a second under each sync policy,
against SQLite and against a bare append of the same bytes; what reaches the medium; memory with and
without a backlog; how quickly a backlog drains; what latency it adds."""

import json
import os
import select
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import inputs
from measure import Background, Failed, cpu_seconds, medians, run, status_field
from publishing import start_broker
from table import rate

DEVICES = 500


def bench(tools, folder, table, quick, repetitions):
    count = 100_000 if quick else 500_000
    source = inputs.readings(folder / "spool.ndjson", count, DEVICES)
    with tempfile.TemporaryDirectory(prefix="tbgw-bench-spool.", dir=tools.parent) as name:
        disk = Path(name)
        accepting(tools, disk, table, source, count, min(repetitions, 3))
        medium(tools, disk, table, 100 if quick else 500)
        backlog(tools, folder, disk, table, 100_000 if quick else 1_000_000)
        for per_second in (1, 100, 10_000):
            latency(tools, disk, table, per_second, 2 if quick else 5)


def start(tools, spool, *options, stdin=subprocess.PIPE, stdout=subprocess.PIPE):
    """A spool without bounds, and the descriptor of its --accept-fd report."""
    reports, write_end = os.pipe()
    process = subprocess.Popen(
        [tools / "tbgw-spool", "--min-free", "0", "--max-bytes", "0", "--accept-fd", str(write_end),
         *options, spool],
        stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, pass_fds=[write_end],
    )
    os.close(write_end)
    return process, reports


def wait_accepted(reports, count):
    text = b""
    while b'"accepted":%d}' % count not in text:
        block = os.read(reports, 1 << 16)
        if not block:
            raise Failed("the spool ended early")
        text = text[-64:] + block


def stop(process, reports):
    process.kill()
    process.wait()
    os.close(reports)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def accept_all(tools, disk, source, count, sync):
    """Seconds until all of the source is accepted, by a spool whose consumer reads nothing."""
    spool = disk / "q"
    with open(source, "rb") as lines:
        begin = time.monotonic()
        process, reports = start(tools, spool, "--sync", sync, stdin=lines)
        wait_accepted(reports, count)
        took = time.monotonic() - begin
    stop(process, reports)
    shutil.rmtree(spool)
    return took


def sqlite_all(disk, lines, synchronous, batch):
    path = disk / "peer.db"
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute(f"PRAGMA synchronous={synchronous}")
    database.execute("CREATE TABLE records (seq INTEGER PRIMARY KEY, line BLOB)")
    begin = time.monotonic()
    for first in range(0, len(lines), batch):
        database.execute("BEGIN")
        database.executemany("INSERT INTO records (line) VALUES (?)", lines[first : first + batch])
        database.execute("COMMIT")
    took = time.monotonic() - begin
    database.close()
    for file in disk.glob("peer.db*"):
        file.unlink()
    return took


def append_all(disk, source):
    """The bytes as they are, in blocks of 64 KiB, synced once at the end."""
    path = disk / "append"
    begin = time.monotonic()
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(source, "rb", buffering=0) as lines:
        while block := lines.read(1 << 16):
            os.write(out, block)
    os.fdatasync(out)
    os.close(out)
    took = time.monotonic() - begin
    path.unlink()
    return took


def accepting(tools, disk, table, source, count, repetitions):
    lines = [(line,) for line in source.read_bytes().splitlines()]
    policies = ("none", "100ms", "10ms", "always")
    candidates = {
        "--sync " + sync: lambda sync=sync: accept_all(tools, disk, source, count, sync)
        for sync in policies
    }
    candidates["append"] = lambda: append_all(disk, source)
    for synchronous in ("NORMAL", "FULL"):
        for batch in (1, 100, 1000):
            # What takes long is measured with fewer records.
            some = lines[: min(count, max(4000, 200 * batch))]
            candidates[f"{synchronous} {batch}"] = lambda s=synchronous, b=batch, some=some: (
                sqlite_all(disk, some, s, b) * count / len(some)
            )
    took = medians(candidates, repetitions)
    for name in candidates:
        if name.startswith("--sync"):
            table.add("spool " + name + ", accepted", rate(count, took[name]), "bare append " +
                      rate(count, took["append"]))
        elif name != "append":
            table.add("  SQLite WAL " + name + " a commit", rate(count, took[name]))
    table.judge("spool --sync 10ms / SQLite WAL NORMAL, 1000 a commit", rate(count, took["--sync 10ms"]),
                rate(count, took["NORMAL 1000"]), took["NORMAL 1000"] / took["--sync 10ms"], 2, 3)
    table.judge("spool --sync always / SQLite WAL FULL, 1000 a commit", rate(count, took["--sync always"]),
                rate(count, took["FULL 1000"]), took["FULL 1000"] / took["--sync always"], 1.5, 2)
    table.judge("spool --sync 10ms / --sync none", rate(count, took["--sync 10ms"]),
                rate(count, took["--sync none"]), took["--sync none"] / took["--sync 10ms"], 0.5, 0.65)


def sectors_written(loop):
    return int(Path(f"/sys/block/{Path(loop).name}/stat").read_text().split()[6])


def medium(tools, disk, table, count):
    """Single records, each committed before the next comes: bytes that reach an ext4 of its own,
    its journal included."""
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
        table.add("spool, bytes to the medium a record", "needs root and a loop device")
        return
    image, folder = disk / "image", disk / "fs"
    folder.mkdir()
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image], check=True)
    loop = subprocess.run(["losetup", "-f", "--show", image], check=True, capture_output=True, text=True)
    loop = loop.stdout.strip()
    try:
        subprocess.run(["mount", loop, folder], check=True)
        ours = spool_sectors(tools, folder, loop, count)
        os.sync()
        before = sectors_written(loop)
        sqlite_all(folder, [(b"x" * 120,)] * count, "FULL", 1)
        peer = (sectors_written(loop) - before) * 512 / count
        table.add("spool, bytes to the medium a record and commit", f"{ours:.0f} B",
                  f"SQLite WAL FULL {peer:.0f} B", f"{peer / ours:.1f}x")
    finally:
        subprocess.run(["umount", folder], check=False)
        subprocess.run(["losetup", "-d", loop], check=False)


def spool_sectors(tools, folder, loop, count):
    process, reports = start(tools, folder / "q", "--sync", "always", stdout=subprocess.DEVNULL)
    record = b'{"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"humidity":%d}}]}\n'
    before = 0
    for number in range(1, count + 2):
        os.write(process.stdin.fileno(), record % number)
        wait_accepted(reports, number)
        if number == 1:  # the segment is there now
            os.sync()
            before = sectors_written(loop)
    written = sectors_written(loop) - before
    stop(process, reports)
    return written * 512 / count


def backlog(tools, folder, disk, table, count):
    """A backlog is made, then delivered: peak memory of both, and the drain through tbgw-push."""
    source = inputs.readings(folder / "backlog.ndjson", count, DEVICES)
    full, empty = disk / "full", disk / "empty"
    with open(source, "rb") as lines:
        process, reports = start(tools, full, stdin=lines)
        wait_accepted(reports, count)
        accepting_peak = status_field(process.pid, "VmHWM")
        stop(process, reports)
    delivered = copy_of(full)  # what is delivered is removed
    peaks = {"empty": delivering_peak(tools, empty, 10_000),
             "full": delivering_peak(tools, delivered, count)}
    shutil.rmtree(delivered)
    difference = (peaks["full"] - peaks["empty"]) / 1024
    table.add(f"spool, peak memory while {count} records come in", f"{accepting_peak / 1024:.1f} MiB")
    table.judge(f"spool, peak memory with a backlog of {count}", f"{peaks['full'] / 1024:.1f} MiB",
                f"empty {peaks['empty'] / 1024:.1f} MiB", difference, 1, low=True,
                show=lambda value: f"{value:.1f} MiB")
    drain(tools, folder, table, full, source, count)


def copy_of(spool):
    copy = spool.with_name("copy")
    subprocess.run(["cp", "-a", spool, copy], check=True)
    return copy


def delivering_peak(tools, spool, count):
    """VmHWM once `count` records went out; what is not there yet is fed."""
    process, reports = start(tools, spool, "--ack", "write")
    is_there = spool.exists() and any(spool.glob("*.log"))
    seen = 0
    record = b'{"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"n":1}}]}\n'
    while seen < count:
        if not is_there:
            os.write(process.stdin.fileno(), record * 100)
        block = os.read(process.stdout.fileno(), 1 << 16)
        if not block:
            raise Failed("the spool ended early")
        seen += block.count(b"\n")
    peak = status_field(process.pid, "VmHWM")
    stop(process, reports)
    return peak


def undelivered(tools, spool):
    told = subprocess.run([tools / "tbgw-spoolctl", "stat", "--json", spool], check=True,
                          capture_output=True)
    return json.loads(told.stdout)["cursors"][0]["behind"]


def drain(tools, folder, table, spool, source, count):
    """The same backlog again and again, each time from a copy of the spool."""
    few = count // 20
    single = folder / "few.ndjson"
    with open(source, "rb") as all_lines, open(single, "wb") as some:
        for _ in range(few):
            some.write(next(all_lines))
    with Background() as background:
        port = start_broker(background, folder)
        broker = background.processes[-1].pid
        cpu = {"ours": [], "peer": []}

        def timed(name, pipeline, lines, stdin):
            before = cpu_seconds(broker)
            mine, wall = run(pipeline, stdin)
            cpu[name].append((mine + cpu_seconds(broker) - before) / lines)
            return wall / lines

        def ours():
            copy = copy_of(spool)
            if undelivered(tools, copy) != count:
                raise Failed("the backlog is not whole")
            took = timed("ours", [[tools / "tbgw-spool", "--max-bytes", "0", copy],
                                  [tools / "tbgw-push", f"mqtt://127.0.0.1:{port}"]], count, os.devnull)
            shutil.rmtree(copy)
            return took

        def peer():
            return timed("peer", [["mosquitto_pub", "-p", str(port), "-l", "-q", "1", "-t", "one"]],
                         few, single)

        took = medians({"ours": ours, "peer": peer}, 3)
    table.judge(f"spool and push drain {count} records, against mosquitto_pub -l -q 1",
                rate(1, took["ours"]), rate(1, took["peer"]), took["peer"] / took["ours"], 20, 40)
    ours_cpu, peer_cpu = (statistics.median(cpu[name]) * 1e9 for name in ("ours", "peer"))
    table.add("  CPU of it, broker included", f"{ours_cpu:.0f} ns/record",
              f"mosquitto_pub {peer_cpu:.0f} ns", f"{peer_cpu / ours_cpu:.1f}x")


def latency(tools, disk, table, per_second, seconds):
    ours = added(tools, disk, per_second, seconds)
    peer = latencies(subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE),
                     per_second, seconds)
    table.add(f"spool, latency at {per_second} records/s", f"p50 {ours[0]:.2f} ms, p99 {ours[1]:.2f} ms",
              f"cat {peer[0]:.2f}, {peer[1]:.2f} ms")


def added(tools, disk, per_second, seconds):
    spool = disk / f"latency{per_second}"
    process = subprocess.Popen([tools / "tbgw-spool", "--min-free", "0", "--ack", "write", spool],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return latencies(process, per_second, seconds)


def latencies(process, per_second, seconds):
    """(p50, p99) of the milliseconds from a line's writing to its reading behind the process."""
    count = max(3, per_second * seconds)
    sent, found, rest = 0, [], b""
    begin = time.monotonic()
    while len(found) < count:
        now = time.monotonic()
        due = min(count, int((now - begin) * per_second) + 1)
        if sent < due:
            block = b"".join(b'{"n":%d}\n' % time.monotonic_ns() for _ in range(due - sent))
            os.write(process.stdin.fileno(), block)
            sent = due
        wait = max(0.0, begin + sent / per_second - time.monotonic()) if sent < count else 5
        if not select.select([process.stdout], [], [], wait)[0]:
            if sent == count:
                raise Failed("records did not come out")
            continue
        block = os.read(process.stdout.fileno(), 1 << 16)
        arrived = time.monotonic_ns()
        if not block:
            raise Failed("the process ended early")
        *lines, rest = (rest + block).split(b"\n")
        found += [(arrived - json.loads(line)["n"]) / 1e6 for line in lines]
    process.stdin.close()
    process.wait()
    process.stdout.close()
    found.sort()
    return statistics.median(found), found[int(len(found) * 0.99)]
