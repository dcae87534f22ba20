# SPDX-License-Identifier: Apache-2.0
"""Rate limits as the server keeps them: "10:1,300:60", each a bucket of tokens that fills evenly."""


class Rates:
    def __init__(self, text, clock):
        self.text = text
        self.clock = clock
        pairs = [pair.split(":") for pair in text.split(",") if pair]
        self.buckets = [[int(most), int(most) / float(seconds)] for most, seconds in pairs]
        self.tokens = [most for most, _ in self.buckets]
        self.filled = clock()

    def take(self, cost):
        """All buckets pay, or, if one cannot, none does."""
        now = self.clock()
        for i, (most, speed) in enumerate(self.buckets):
            self.tokens[i] = min(most, self.tokens[i] + (now - self.filled) * speed)
        self.filled = now
        if any(tokens < cost for tokens in self.tokens):
            return False
        self.tokens = [tokens - cost for tokens in self.tokens]
        return True


class Limits:
    """The three rates of a session: other messages, telemetry messages, data points."""

    def __init__(self, messages, telemetry, points, clock):
        self.messages = Rates(messages, clock)
        self.telemetry = Rates(telemetry, clock)
        self.points = Rates(points, clock)

    def told(self):
        return {
            "messages": self.messages.text,
            "telemetryMessages": self.telemetry.text,
            "telemetryDataPoints": self.points.text,
        }

    def allow_other(self):
        return self.messages.take(1)

    def allow_data(self, points):
        """Telemetry or attributes of one device."""
        return self.telemetry.take(1) and self.points.take(points)
