# SPDX-License-Identifier: Apache-2.0
"""One client connection: packets in, answers out."""

import asyncio
import json

from . import codec
from .provision import RESPONSE

LINGER = 1.0  # seconds a closed connection is read on, lest a reset swallow the last packet

# SUBSCRIBE is granted for exactly these texts; a wildcard of one's own is refused.
FILTERS = {
    "v1/gateway/attributes",
    "v1/gateway/attributes/response",
    "v1/gateway/rpc",
    "v1/devices/me/attributes",
    "v1/devices/me/attributes/response/+",
    "v1/devices/me/rpc/request/+",
    "v1/devices/me/rpc/response/+",
    "v2/fw/response/+/chunk/+",
    "v2/fw/error",
    "v2/sw/response/+/chunk/+",
    "v2/sw/error",
}

# MQTT 5 reason codes
MALFORMED_PACKET = 0x81
IMPLEMENTATION_ERROR = 0x83
FILTER_INVALID = 0x8F
SESSION_TAKEN_OVER = 0x8E
KEEP_ALIVE_TIMEOUT = 0xA0
NO_SUBSCRIPTION = 0x11


class Session(asyncio.Protocol):
    def __init__(self, platform):
        self.platform = platform
        self.transport = None
        self.buffer = bytearray()
        self.out = []
        self.closed = False
        self.connect = None
        self.level = 4
        self.provisioning = False
        self.own = None  # the device the credentials belong to, once accepted
        self.devices = {}  # devices behind this gateway, by the names used here
        self.filters = {}
        self.awaiting = {}  # server packet id -> what to do when the client acknowledges
        self.last_id = 0
        self.heard = 0.0
        self.silence = None

    # ---- transport -----------------------------------------------------------------------

    def connection_made(self, transport):
        self.transport = transport
        self.platform.sessions.add(self)
        if not self.platform.listening:  # accepted just before the socket went down
            self.drop("down")

    def connection_lost(self, error):
        self.detach("connection lost" if error is None else f"connection lost: {error}")
        self.platform.sessions.discard(self)

    def data_received(self, data):
        if self.closed:
            return
        self.heard = self.platform.loop.time()
        self.buffer += data
        try:
            self._packets()
        except codec.Malformed as error:
            self.close(MALFORMED_PACKET, f"malformed packet: {error}")
        self.platform.journal.flush()

    def _packets(self):
        buffer, start = self.buffer, 0
        while not self.closed:
            found = codec.frame(buffer, start)
            if found is None:
                break
            first, begin, end = found
            if end - begin > self.platform.max_payload:
                self.platform.refused(None, f"packet of {end - begin} bytes is over the limit")
                self.close(MALFORMED_PACKET, "packet too large")
                return
            if end > len(buffer):
                break
            self._packet(first >> 4, first & 15, bytes(buffer[begin:end]))
            start = end
        del buffer[:start]

    def send(self, data):
        """Goes out when the present input is dealt with, behind the log lines it caused."""
        if self.closed:
            return
        if not self.out:
            self.platform.loop.call_soon(self._flush)
        self.out.append(data)

    def _flush(self):
        self.platform.journal.flush()
        if self.out and not self.transport.is_closing():
            self.transport.write(b"".join(self.out))
        self.out.clear()

    # ---- packets -------------------------------------------------------------------------

    def _packet(self, kind, flags, body):
        if self.connect is None:
            if kind != codec.CONNECT:
                raise codec.Malformed("first packet is not CONNECT")
            self._on_connect(flags, body)
        elif kind == codec.PUBLISH:
            topic, payload, qos, packet_id = codec.parse_publish(flags, body, self.level)
            self.platform.uplink.handle(self, topic, payload, qos, packet_id)
        elif kind == codec.PUBACK:
            done = self.awaiting.pop(codec.Reader(body).number(2), None)
            if done:
                done()
        elif kind == codec.SUBSCRIBE:
            self._on_subscribe(*codec.parse_subscribe(flags, body, self.level))
        elif kind == codec.UNSUBSCRIBE:
            packet_id, filters = codec.parse_unsubscribe(flags, body, self.level)
            known = [self.filters.pop(name, None) is not None for name in filters]
            codes = [0 if found else NO_SUBSCRIPTION for found in known]
            self.send(codec.unsuback(self.level, packet_id, codes))
        elif kind == codec.PINGREQ:
            self.send(codec.PINGRESP_PACKET)
        elif kind == codec.DISCONNECT:
            self.close(None, "client disconnected")
        elif kind not in (codec.PUBREC, codec.PUBREL, codec.PUBCOMP):  # QoS 2 goes nowhere
            raise codec.Malformed(f"packet type {kind} from a client")

    def _on_connect(self, flags, body):
        try:
            connect = codec.parse_connect(flags, body)
        except codec.UnknownProtocol as error:
            self._refuse_connect(1, f"unknown protocol {error}")
            return
        if connect.level == 5 and not self.platform.mqtt5:
            # A broker from before MQTT 5 answers in the words of MQTT 3.
            self._refuse_connect(1, "MQTT 5 is not spoken here", connect.client)
            return
        self.connect, self.level = connect, connect.level
        if self.platform.provision.wants(connect):
            self.provisioning = True
            self.send(codec.connack(self.level, 0, 0))
            return
        certificate = self.transport.get_extra_info("peercert")
        credential = self.platform.credential(connect, certificate)
        if credential is None:
            code, reason = refusal(connect)
            self._refuse_connect(code, reason, connect.client)
            return
        self.own = self.platform.store.own_device(credential)
        if self.own.session is not None:
            self.own.session.evict()
        self.own.session = self
        self.platform.store.last_gateway = self.own
        self._journal("open", "accepted")
        # Nothing is kept over a connection: the flag only mirrors the request.
        self.send(codec.connack(self.level, 0 if connect.clean else 1, 0))
        self._watch_silence()

    def _refuse_connect(self, code, reason, client=None):
        self.send(codec.connack(self.level, 0, code))
        self.platform.journal.write(
            "refused", topic=None, reason=f"connect: {reason}", client=client, code=code
        )
        self.close(None, reason)

    def _on_subscribe(self, packet_id, filters):
        codes = []
        for name, qos in filters:
            if name in FILTERS or (self.provisioning and name == RESPONSE):
                self.filters[name] = min(qos, 1)
                codes.append(min(qos, 1))
            else:
                self.platform.refused(name, "no such filter")
                codes.append(FILTER_INVALID if self.level == 5 else 0x80)
        self.send(codec.suback(self.level, packet_id, codes))
        if self.own is not None:
            self.platform.downlink.resend(self.own)

    # ---- answers -------------------------------------------------------------------------

    def acknowledge(self, packet_id, code=0, close_reason=None):
        """PUBACK, on MQTT 5 with the reason, and perhaps a close behind it."""
        delay = self.platform.ack_delay
        if delay:
            self.platform.loop.call_later(delay, self._answer, packet_id, code, close_reason)
        else:
            self._answer(packet_id, code, close_reason)

    def _answer(self, packet_id, code, close_reason):
        if packet_id is not None and not self.platform.muted:
            self.send(codec.puback(self.level, packet_id, code))
        if close_reason is not None:
            self.close(IMPLEMENTATION_ERROR, close_reason)

    def publish(self, topic, message, qos, acknowledged=None):
        """Packet ids count up without a bound and are cut to 16 bits, as the server's are."""
        payload = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
        self.publish_bytes(topic, payload.encode("utf-8", "replace"), qos, acknowledged)

    def publish_bytes(self, topic, data, qos, acknowledged=None):
        packet_id = None
        if qos:
            self.last_id += 1
            packet_id = self.last_id & 0xFFFF
            if acknowledged:
                self.awaiting[packet_id] = acknowledged
        self.send(codec.publish(self.level, topic, data, qos, packet_id))

    # ---- end -----------------------------------------------------------------------------

    def evict(self):
        self.close(SESSION_TAKEN_OVER, "evicted")

    def close(self, code, reason):
        """On MQTT 5 a DISCONNECT says why; MQTT 3 clients only see the connection end."""
        if self.closed:
            return
        if code is not None and self.level == 5 and self.connect is not None:
            self.send(codec.disconnect(code))
        self.detach(reason)
        self._flush()
        if self.transport.can_write_eof():
            # Closing with unread bytes resets the connection and takes the last packet along.
            self.transport.write_eof()
            self.platform.loop.call_later(LINGER, self.transport.abort)
        else:
            self.transport.close()

    def drop(self, reason):
        """The line is cut: no DISCONNECT, no answers still on their way."""
        self.out.clear()
        self.detach(reason)
        self.transport.abort()

    def detach(self, reason):
        if self.closed:
            return
        self.closed = True
        if self.silence:
            self.silence.cancel()
        for device in self.devices.values():
            device.session = None
        self.devices.clear()
        if self.own is not None:
            if self.own.session is self:
                self.own.session = None
            self._journal("closed", reason)
        self.platform.journal.flush()

    def _watch_silence(self):
        left = self.heard + self.platform.store.inactivity - self.platform.loop.time()
        if left <= 0:
            self.close(KEEP_ALIVE_TIMEOUT, "silent")
        else:
            self.silence = self.platform.loop.call_later(left, self._watch_silence)

    def _journal(self, state, reason):
        self.platform.journal.write(
            "session", state=state, protocol=self.level, client=self.connect.client, reason=reason
        )


def refusal(connect):
    """CONNACK code and reason for credentials nobody has."""
    if connect.user is not None or connect.password is not None:
        return (0x86 if connect.level == 5 else 5), "bad user name or password"
    if connect.client.strip():
        return (0x85 if connect.level == 5 else 2), "client id unknown"
    return (0x87 if connect.level == 5 else 5), "no credentials"
