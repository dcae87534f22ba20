# SPDX-License-Identifier: Apache-2.0
"""What a message meets before it is looked into: the rate limits, and the mistakes a test wants
to see in it."""

from .rates import Limits
from .values import NotJson

QUOTA_EXCEEDED = 0x97

# What becomes of a message with a poisoned key, by the rows of the contract's table of mistakes:
# (PUBACK code or None, whether it closes) on MQTT 3 and on MQTT 5.
POISONS = {
    "format": ((None, True), (0x99, False)),
    "shape": ((0, True), (0x83, True)),
    "time": ((None, True), (None, True)),
    "no_device": ((0, False), (0x97, False)),
    "no_device_either": ((0, False), (0x80, False)),
    "topic": ((0, False), (0x90, False)),
    "silent": ((None, False), (None, False)),
}


class Gate:
    def __init__(self, platform):
        self.platform = platform
        options, clock = platform.options, platform.loop.time
        rates = (options.messages, options.telemetry_messages, options.data_points)
        self.own, self.gateway = Limits(*rates, clock), Limits(*rates, clock)
        self.limited = any(rates)
        self.poisons = [
            (f'"{key}":'.encode(), kind)
            for key, _, kind in (text.partition("=") for text in options.poison)
        ]

    def passes(self, message):
        if self.poisons and self._poisoned(message):
            return False
        return not self.limited or self._pays(message)

    def _poisoned(self, message):
        for mark, kind in self.poisons:
            if mark in message.payload:
                self.platform.refused(message.topic, f"poison: {kind}")
                code, closes = POISONS[kind][message.session.level == 5]
                reason = f"poison: {kind}" if closes else None
                if code is not None:
                    message.session.acknowledge(message.packet_id, code, reason)
                elif closes:
                    message.session.close(0x83, reason)
                return True
        return False

    def _pays(self, message):
        """A message costs a telemetry message for each device in it, and its data points;
        everything else one message, the first sight of a device one more."""
        behind = message.topic.startswith("v1/gateway/")
        limits = self.gateway if behind else self.own
        try:
            body = message.json()
        except NotJson:
            return True
        if message.topic.endswith(("/telemetry", "/attributes")):
            parts = list(body.items()) if behind and isinstance(body, dict) else [(None, body)]
            paid = all([limits.allow_data(points(part)) for _, part in parts])
            names = [name for name, _ in parts]
        else:
            paid = limits.allow_other()
            names = [body.get("device")] if behind and isinstance(body, dict) else []
        for name in names:
            if behind and isinstance(name, str) and name not in message.session.devices:
                paid &= limits.allow_other()
        if paid:
            return True
        self.platform.journal.write("over-limit", message.at, topic=message.topic)
        if behind:
            message.session.acknowledge(message.packet_id, QUOTA_EXCEEDED, "over the rate limit")
        else:
            message.session.close(QUOTA_EXCEEDED, "over the rate limit")
        return False


def points(part):
    """Values in a device's part of a message."""
    entries = part if isinstance(part, list) else [part]
    count = 0
    for entry in entries:
        if isinstance(entry, dict):
            inner = entry.get("values")
            count += len(inner) if "ts" in entry and isinstance(inner, dict) else len(entry)
    return count
