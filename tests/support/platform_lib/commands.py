# SPDX-License-Identifier: Apache-2.0
"""Commands on standard input, one a line, each answered by one `command` line in the log."""

import json
import os
import threading

from .values import parse, typed


class CommandError(Exception):
    """The command cannot be carried out; the text says why."""


class Commands:
    def __init__(self, platform):
        self.platform = platform
        self.store = platform.store
        self.table = {
            "attributes": self.attributes,
            "delete-attributes": self.delete_attributes,
            "rpc": self.rpc,
            "again": self.again,
            "one-way": self.one_way,
            "drop": self.drop,
            "down": self.down,
            "up": self.up,
            "mute": self.mute,
            "unmute": self.unmute,
            "evict": self.evict,
            "rename": self.rename,
            "delete": self.delete,
            "firmware": self.firmware,
            "cut": self.cut,
            "summary": self.summary,
            "quit": self.quit,
        }

    def read(self, descriptor):
        """Reads in a thread of its own: standard input may be a file or /dev/null, which no
        event loop can watch. Its end means no more commands, nothing else."""

        def pump():
            pending = b""
            while chunk := os.read(descriptor, 65536):
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    self.platform.loop.call_soon_threadsafe(self.run, line)
            if pending:
                self.platform.loop.call_soon_threadsafe(self.run, pending)

        threading.Thread(target=pump, daemon=True).start()

    def run(self, line):
        text = line.decode("utf-8", "replace").strip()
        if not text:
            return
        verb, _, rest = text.partition(" ")
        answer = {"command": text, "ok": True}
        try:
            if verb not in self.table:
                raise CommandError(f"unknown command {verb}")
            answer.update(self.table[verb](rest.strip()) or {})
        except (CommandError, ValueError) as error:
            answer.update(ok=False, error=str(error))
        self.platform.journal.write("command", **answer)
        self.platform.journal.flush()

    # ---- operands ------------------------------------------------------------------------

    def _device(self, rest, create=False):
        """(device, what is left of the line). `-` is the gateway that connected last, or, as
        long as none has, the one of the first credentials."""
        name, rest = word(rest)
        if name == "-":
            return self.store.last_gateway or self.platform.first_gateway(), rest
        if name in self.store.devices:
            return self.store.devices[name], rest
        if create:
            return self.store.create(name), rest
        raise CommandError(f"no device {name}")

    # ---- commands ------------------------------------------------------------------------

    def attributes(self, rest):
        """As an operator would: the device may be made before any gateway names it."""
        device, rest = self._device(rest, create=True)
        body = parse(rest.encode())
        if not isinstance(body, dict):
            raise CommandError("attributes want an object")
        stored = typed(body)
        device.shared.update(stored)
        return {"sent": bool(stored) and self.platform.downlink.attributes(device, stored)}

    def delete_attributes(self, rest):
        device, rest = self._device(rest)
        keys = json.loads(rest)
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise CommandError("delete-attributes wants an array of strings")
        for key in keys:
            device.shared.pop(key, None)
        return {"sent": self.platform.downlink.attributes(device, {"deleted": keys})}

    def rpc(self, rest):
        device, rest = self._device(rest)
        method, rest = word(rest)
        rpc = device.add_rpc(method, json.loads(rest) if rest else None)
        return {"id": rpc.number, "sent": self.platform.downlink.rpc(device, rpc)}

    def one_way(self, rest):
        """Nothing on the wire tells it from one that wants an answer."""
        device, _ = self._device(rest)
        answer = self.rpc(rest)
        device.pending.pop(answer["id"])
        return answer

    def again(self, rest):
        """With the id of the device's last RPC, as a server does that was started anew."""
        device, rest = self._device(rest)
        method, rest = word(rest)
        rpc = device.repeat_rpc(method, json.loads(rest) if rest else None)
        return {"id": rpc.number, "sent": self.platform.downlink.rpc(device, rpc)}

    def drop(self, rest):
        self.platform.drop("dropped")

    def down(self, rest):
        self.platform.down(float(rest) if rest else None)

    def up(self, rest):
        self.platform.loop.create_task(self.platform.up())

    def mute(self, rest):
        self.platform.muted = True

    def unmute(self, rest):
        self.platform.muted = False

    def evict(self, rest):
        for session in list(self.platform.sessions):
            session.evict()

    def rename(self, rest):
        old, rest = word(rest)
        new, _ = word(rest)
        if old not in self.store.devices:
            raise CommandError(f"no device {old}")
        self.store.rename(old, new)
        return self._notice("gateway_device_renamed", {old: new})

    def delete(self, rest):
        name, _ = word(rest)
        if name not in self.store.devices:
            raise CommandError(f"no device {name}")
        self.store.delete(name)
        return self._notice("gateway_device_deleted", name)

    def _notice(self, method, params):
        """A one-way RPC that waits for the last connected gateway."""
        gateway = self.store.last_gateway or self.platform.first_gateway()
        rpc = gateway.add_rpc(method, params, notice=True)
        return {"sent": self.platform.downlink.rpc(gateway, rpc)}

    def firmware(self, rest):
        device, rest = self._device("- " + rest)
        return {"sent": self.platform.firmware.set(device, *rest.split())}

    def cut(self, rest):
        self.platform.firmware.cut = int(rest)

    def summary(self, rest):
        self.platform.journal.write("summary", **self.store.summary())

    def quit(self, rest):
        self.platform.stop()


def word(rest):
    """The first operand: a bare word, or a JSON string where blanks are needed."""
    rest = rest.strip()
    if rest.startswith('"'):
        value, end = json.JSONDecoder().raw_decode(rest)
        return value, rest[end:].strip()
    value, _, rest = rest.partition(" ")
    if not value:
        raise CommandError("operand missing")
    return value, rest.strip()
