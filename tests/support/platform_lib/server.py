# SPDX-License-Identifier: Apache-2.0
"""The platform as a whole: its listening socket, its sessions, its credentials."""

import asyncio
import errno
import ssl

from .downlink import Downlink
from .firmware import Firmware
from .gate import Gate
from .journal import Journal
from .provision import Provision
from .session import Session
from .store import Store
from .uplink import Uplink

RELISTEN_INTERVAL = 0.1
MAX_INFLIGHT = 100


class Platform:
    def __init__(self, options, journal: Journal):
        self.loop = asyncio.get_running_loop()
        self.options = options
        self.journal = journal
        self.max_payload = options.max_payload
        self.mqtt5 = options.mqtt5 == "yes"
        self.plain_device = options.plain_device
        self.log_messages = options.log_messages
        self.ack_delay = options.ack_delay / 1000
        self.muted = False
        self.sessions = set()
        self.store = Store(options.inactivity)
        self.downlink = Downlink(self)
        self.uplink = Uplink(self)
        self.gate = Gate(self)
        self.provision = Provision(self)
        self.firmware = Firmware(self)
        self.finished = asyncio.Event()
        self._tls = tls_context(options)
        self._server = None
        self._wake = None

    def credential(self, connect, certificate):
        """The identity behind a CONNECT, or None. With a token the password is ignored; a
        client certificate, checked by TLS already, needs no user name."""
        if certificate:
            return "certificate"
        if connect.user is not None and connect.user in self.options.token:
            return ("token", connect.user)
        if self.options.user is not None and connect.user == self.options.user:
            if connect.password == self.options.password.encode():
                return ("user", connect.user)
        return None

    def first_gateway(self):
        if self.options.token:
            return self.store.own_device(("token", self.options.token[0]))
        return self.store.own_device(("user", self.options.user))

    def refused(self, topic, reason, **members):
        self.journal.write("refused", topic=topic, reason=reason, **members)

    def session_limits(self):
        """An empty text means no limit."""
        limits = {
            "maxPayloadSize": self.max_payload,
            "maxInflightMessages": MAX_INFLIGHT,
            "rateLimits": self.gate.own.told(),
        }
        if not self.plain_device:
            limits["gatewayRateLimits"] = self.gate.gateway.told()
        return limits

    # ---- listening -----------------------------------------------------------------------

    async def listen(self, port):
        self._server = await self.loop.create_server(
            lambda: Session(self), self.options.host, port, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def listening(self):
        return self._server is not None

    async def up(self):
        """Listens again on the same port, which another program may hold for a moment."""
        self._cancel_wake()
        while self._server is None:
            try:
                await self.listen(self.port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                await asyncio.sleep(RELISTEN_INTERVAL)
            else:
                self.journal.write("listening", port=self.port)
                self.journal.flush()

    def down(self, seconds=None):
        self._cancel_wake()
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop("down")
        if seconds is not None:
            self._wake = self.loop.call_later(seconds, lambda: self.loop.create_task(self.up()))

    def _cancel_wake(self):
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None

    def drop(self, reason):
        for session in list(self.sessions):
            session.drop(reason)

    def stop(self):
        self.finished.set()


def tls_context(options):
    if options.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(options.tls_cert, options.tls_key)
    if options.tls_ca is not None:
        context.load_verify_locations(options.tls_ca)
        context.verify_mode = ssl.CERT_REQUIRED if options.tls_demand else ssl.CERT_OPTIONAL
    return context
