# SPDX-License-Identifier: Apache-2.0
"""What the platform knows of its devices. Telemetry is counted, never kept."""

import itertools
import time

from .journal import encode
from .values import name_fault

DEFAULT_PROFILE = "default"


class NameRefused(ValueError):
    """The platform will not create a device of that name."""


class Rpc:
    def __init__(self, number, method, params, notice):
        self.number = number
        self.method = method
        self.params = params
        self.notice = notice  # expects no answer: done once delivered
        self.delivered = False
        self.sent = 0


class Device:
    """A device behind a gateway, or (name None) the device a token belongs to."""

    def __init__(self, name, profile=DEFAULT_PROFILE):
        self.name = name
        self.profile = profile
        self.client = {}
        self.shared = {}
        self.pending = {}
        self.telemetry = 0
        self.first_ts = None
        self.last_ts = None
        self.session = None  # the connection its downlink goes through
        self.alias = name  # the name that connection knows it by: a rename does not reach it
        self.seen = 0.0
        self._ids = itertools.count()

    @property
    def json_name(self):
        return encode(self.name)

    def add_rpc(self, method, params, notice=False):
        """Ids count from 0 for each device, so they repeat across devices."""
        self.last_rpc = next(self._ids)
        rpc = Rpc(self.last_rpc, method, params, notice)
        self.pending[rpc.number] = rpc
        return rpc

    def repeat_rpc(self, method, params):
        rpc = self.pending[self.last_rpc] = Rpc(self.last_rpc, method, params, False)
        return rpc

    def count(self, ts):
        self.telemetry += 1
        if self.first_ts is None or ts < self.first_ts:
            self.first_ts = ts
        if self.last_ts is None or ts > self.last_ts:
            self.last_ts = ts

    def summary(self):
        return {"telemetry": self.telemetry, "firstTs": self.first_ts, "lastTs": self.last_ts}


class Store:
    def __init__(self, inactivity):
        self.devices = {}
        self.own = {}  # credential -> the gateway's own device
        self.last_gateway = None
        self.attributes = 0
        self.inactivity = inactivity

    def own_device(self, credential):
        return self.own.setdefault(credential, Device(None))

    def create(self, name, profile=DEFAULT_PROFILE):
        fault = name_fault(name)
        if fault:
            raise NameRefused(f"device name is {fault}")
        device = self.devices[name] = Device(name, profile)
        return device

    def attach(self, session, name, profile=DEFAULT_PROFILE):
        """Opens or goes on with the sub-session of a device (sections 3.1, 3.4).

        Returns (device, whether it was created, whether the sub-session is new)."""
        device = session.devices.get(name)
        if device is not None and self.is_live(device):
            return device, False, False
        device, created = self.devices.get(name), False
        if device is None:
            device, created = self.create(name, profile), True
        if device.session is not None:  # one session a device: the newer one wins
            device.session.devices.pop(device.alias, None)
        device.session, device.alias = session, name
        self.touch(device)
        session.devices[name] = device
        return device, created, True

    @staticmethod
    def touch(device):
        device.seen = time.monotonic()

    def is_live(self, device):
        """A sub-session falls asleep after so long without a message for that very device."""
        if device.session is None:
            return False
        if device.name is None or time.monotonic() - device.seen <= self.inactivity:
            return True
        self.detach(device)
        return False

    def detach(self, device):
        if device.session is not None:
            device.session.devices.pop(device.alias, None)
            device.session = None

    def rename(self, old, new):
        """The running sub-session goes on under the old name."""
        if new in self.devices:
            raise ValueError(f"device {new} exists already")
        fault = name_fault(new)
        if fault:
            raise ValueError(f"device name is {fault}")
        device = self.devices.pop(old)
        device.name = new
        self.devices[new] = device

    def delete(self, name):
        self.detach(self.devices.pop(name))

    def summary(self):
        devices = {name: device.summary() for name, device in self.devices.items()}
        for device in self.own.values():
            if device.telemetry:
                devices["-"] = device.summary()
        return {
            "telemetry": sum(d["telemetry"] for d in devices.values()),
            "attributes": self.attributes,
            "devices": devices,
        }
