# SPDX-License-Identifier: Apache-2.0
"""The result: a line for each figure, with what it is compared to and what it should reach."""

HEADINGS = ("figure", "ours", "peer", "ratio", "must", "aim", "")


class Table:
    def __init__(self):
        self.rows = []

    def add(self, figure, ours, peer="", ratio="", must="", aim="", verdict=""):
        self.rows.append((figure, ours, peer, ratio, must, aim, verdict))
        print(f"  {figure}: {ours}", flush=True)

    def judge(self, figure, ours, peer, value, must, aim=None, low=False, show=None):
        """value, usually a ratio of ours and the peer's, should be high (or low)."""
        show = show or times
        sign = -1 if low else 1
        comparison = "<= " if low else ">= "
        verdict = "MISSED" if sign * value < sign * must else "ok"
        if aim is not None and verdict == "ok":
            verdict = "aim" if sign * value >= sign * aim else "must"
        self.add(figure, ours, peer, show(value), comparison + show(must),
                 "" if aim is None else comparison + show(aim), verdict)

    def print(self):
        rows = [HEADINGS, *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
        print()
        for number, row in enumerate(rows):
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
            if number == 0:
                print("  ".join("-" * width for width in widths).rstrip())


def percentage(value):
    return f"{value * 100:.0f} %" if value >= 0.1 else f"{value * 100:.1f} %"


def times(value):
    return f"{value:.0f}x" if value >= 10 else f"{value:.1f}x"


def plain(value):
    return f"{value:g}" if value >= 10 else f"{value:.2g}"


def nanoseconds(seconds, records):
    return f"{seconds / records * 1e9:.0f} ns/record"


def rate(records, seconds):
    per_second = records / seconds
    if per_second >= 1e6:
        return f"{per_second / 1e6:.2f} M/s"
    return f"{per_second / 1e3:.0f} k/s"
