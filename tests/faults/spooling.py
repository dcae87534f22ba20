# SPDX-License-Identifier: Apache-2.0
"""What the drivers of the spool's fault tests share: numbered records, a consumer, the judgement."""

import errno
import json
import os
import re
import select
import subprocess
import time

NUMBER = re.compile(rb'"n":(\d+)')


def device(n):
    return "d%d" % (n % 5)


def record(n):
    text = '{"deviceName":"%s","telemetry":[{"ts":%d,"values":{"n":%d}}]}'
    return (text % (device(n), 1790000000000 + n, n)).encode()


def records(first, last):
    return b"".join(record(n) + b"\n" for n in range(first, last + 1))


def number(line):
    match = NUMBER.search(line)
    return int(match[1]) if match else None


class Consumer:
    """Reads what a spool prints and acknowledges it; sees everything once it is in `seen`."""

    def __init__(self, fd, acknowledges=True, every=1):
        self.fd = fd
        self.acknowledges = acknowledges
        self.every = every
        self.rest = b""
        self.seen = []
        self.run = None
        self.channel = None
        self.unacknowledged = 0
        self.ended = False

    def read(self, wait):
        """Takes what comes within `wait` seconds; True while the spool lives."""
        if self.ended:
            return False
        if not select.select([self.fd], [], [], wait)[0]:
            return True
        block = os.read(self.fd, 1 << 16)
        if not block:
            self.close()
            return False
        *lines, self.rest = (self.rest + block).split(b"\n")
        newest = 0
        for line in lines:
            if line.startswith(b'{"spool":1'):
                self.open(json.loads(line))
            elif line.startswith(b'{"_n":'):
                self.seen.append(number(line))
                newest = int(line[6 : line.index(b",")])
        if newest:
            self.acknowledge(newest)
        return True

    def open(self, hello):
        self.run = hello["run"]
        if not self.acknowledges:
            return
        try:
            self.channel = os.open(hello["ack"], os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno not in (errno.ENXIO, errno.ENOENT):  # the spool is gone already
                raise

    def acknowledge(self, newest):
        if self.channel is None:
            return
        try:
            os.write(self.channel, b'{"run":"%s","ack":%d}\n' % (self.run.encode(), newest))
        except (BlockingIOError, BrokenPipeError):
            pass  # the next one says it too, or the spool is gone

    def close(self):
        self.ended = True
        if self.channel is not None:
            os.close(self.channel)
            self.channel = None


class Report:
    """What --accept-fd says."""

    def __init__(self):
        self.read_end, self.write_end = os.pipe()
        os.set_blocking(self.read_end, False)
        self.rest = b""
        self.accepted = 0
        self.dropped = 0

    def started(self):
        os.close(self.write_end)

    def read(self):
        while True:
            try:
                block = os.read(self.read_end, 1 << 16)
            except BlockingIOError:
                return
            if not block:
                return
            *lines, self.rest = (self.rest + block).split(b"\n")
            for line in lines:
                report = json.loads(line)
                self.accepted = report["accepted"]
                self.dropped = report.get("dropped", 0)

    def close(self):
        self.read()
        os.close(self.read_end)


def start(folder, *options, stdin, prefix=(), report=None, stderr=subprocess.DEVNULL):
    """A spool whose output comes through a pipe; `prefix` is what runs it (strace …)."""
    command = [*prefix, "tbgw-spool", "--min-free", "0", *options]
    fds = []
    if report is not None:
        command += ["--accept-fd", str(report.write_end)]
        fds = [report.write_end]
    process = subprocess.Popen(
        [*command, folder], stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, pass_fds=fds
    )
    if report is not None:
        report.started()
    return process


def drain(folder, limit=60):
    """Delivers everything that is left; what was seen, and what was said on stderr."""
    process = start(folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    consumer = Consumer(process.stdout.fileno())
    until = time.monotonic() + limit
    while consumer.read(0.5):
        if time.monotonic() > until:
            process.kill()
            raise SystemExit("a drain took longer than %d s" % limit)
    said = process.stderr.read().decode()
    status = process.wait()
    process.stdout.close()
    process.stderr.close()
    if status != 0:
        raise SystemExit("a drain ended with %d: %s" % (status, said))
    return consumer.seen, said


def judge(accepted, sent, runs):
    """Violations of the promise: every number of `accepted` was seen, none is invented, and new
    ones came in order (repeats left out). `runs` is what each run saw."""
    seen = [n for run in runs for n in run]
    wrong = []
    missing = sorted(set(accepted) - set(seen))
    if missing:
        wrong.append("lost: %s" % missing[:20])
    invented = sorted(set(seen) - set(sent))
    if invented:
        wrong.append("invented: %s" % invented[:20])
    most = 0
    known = set()
    for n in seen:
        if n not in known and n < most:
            wrong.append("out of order: %d after %d" % (n, most))
            break
        known.add(n)
        most = max(most, n)
    return wrong
