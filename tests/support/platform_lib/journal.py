# SPDX-License-Identifier: Apache-2.0
"""What happened, one JSON object a line."""

import json
import os
import time

encode = json.JSONEncoder(separators=(",", ":")).encode


def now_ms():
    return time.time_ns() // 1_000_000


class Journal:
    """Lines are collected while one piece of input is handled and written before anything is
    sent in answer: whoever has seen a PUBACK finds its line in the log."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.lines = []

    def write(self, kind, at=None, **members):
        self.lines.append(encode({"kind": kind, "at": now_ms() if at is None else at, **members}))

    def telemetry(self, at, device, ts, values, extra):
        """The hot path of `write`."""
        self.lines.append(
            f'{{"kind":"telemetry","at":{at},"device":{device},"ts":{ts},'
            f'"values":{encode(values)}{extra}}}'
        )

    def flush(self):
        if not self.lines:
            return
        data = memoryview(("\n".join(self.lines) + "\n").encode())
        self.lines.clear()
        while data:
            data = data[os.write(self.descriptor, data):]
