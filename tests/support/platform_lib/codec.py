# SPDX-License-Identifier: Apache-2.0
"""MQTT 3.1, 3.1.1 and 5 packets, server side: bytes in, values out, and back.

Nothing here knows ThingsBoard. Whatever the MQTT standard forbids raises Malformed.
"""

from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 8, 9, 10, 11, 12, 13, 14

PINGRESP_PACKET = b"\xd0\x00"
PROTOCOL_NAMES = {3: "MQIsdp", 4: "MQTT", 5: "MQTT"}

# MQTT 5 property identifiers by the shape of their value.
BYTE_PROPERTIES = {0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A}
TWO_BYTE_PROPERTIES = {0x13, 0x21, 0x22, 0x23}
FOUR_BYTE_PROPERTIES = {0x02, 0x11, 0x18, 0x27}
VARINT_PROPERTIES = {0x0B}
TEXT_PROPERTIES = {0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F}
BINARY_PROPERTIES = {0x09, 0x16}
USER_PROPERTY = 0x26


class Malformed(Exception):
    """The bytes are not an MQTT packet."""


class UnknownProtocol(Exception):
    """A CONNECT of a protocol nobody speaks here."""


@dataclass
class Connect:
    level: int
    client: str
    user: str | None
    password: bytes | None
    clean: bool


def frame(buffer, start):
    """(first byte, start of body, end of body) of the packet at `start`, or None if its
    fixed header is not there yet. The body itself may still be incomplete."""
    length, shift, position = 0, 0, start + 1
    while position < len(buffer):
        byte = buffer[position]
        position += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return buffer[start], position, position + length
        shift += 7
        if shift > 21:
            raise Malformed("remaining length of more than four bytes")
    return None


class Reader:
    """Walks over one packet body."""

    def __init__(self, body, position=0):
        self.body = body
        self.position = position

    def take(self, count):
        end = self.position + count
        if end > len(self.body):
            raise Malformed("packet ends early")
        piece = self.body[self.position:end]
        self.position = end
        return piece

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def binary(self):
        return self.take(self.number(2))

    def text(self):
        try:
            text = self.binary().decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("string is not UTF-8") from None
        if "\0" in text:
            raise Malformed("string holds U+0000")
        return text

    def varint(self):
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise Malformed("variable length integer of more than four bytes")

    def rest(self):
        return self.take(len(self.body) - self.position)

    def at_end(self):
        return self.position == len(self.body)

    def skip_properties(self):
        """Properties are checked for shape and otherwise ignored, as the server does."""
        inner = Reader(self.take(self.varint()))
        while not inner.at_end():
            name = inner.varint()
            if name in BYTE_PROPERTIES:
                inner.take(1)
            elif name in TWO_BYTE_PROPERTIES:
                inner.take(2)
            elif name in FOUR_BYTE_PROPERTIES:
                inner.take(4)
            elif name in VARINT_PROPERTIES:
                inner.varint()
            elif name in TEXT_PROPERTIES:
                inner.text()
            elif name in BINARY_PROPERTIES:
                inner.binary()
            elif name == USER_PROPERTY:
                inner.text()
                inner.text()
            else:
                raise Malformed(f"property 0x{name:02x} does not exist")


def parse_connect(flags, body):
    if flags:
        raise Malformed("reserved flags set")
    reader = Reader(body)
    name, level = reader.text(), reader.number(1)
    if PROTOCOL_NAMES.get(level) != name:
        raise UnknownProtocol(f"{name} {level}")
    bits = reader.number(1)
    if bits & 1:
        raise Malformed("reserved connect flag set")
    reader.take(2)  # keep alive: sent by everybody, enforced by nobody
    if level == 5:
        reader.skip_properties()
    client = reader.text()
    if bits & 4:  # a will is read over: the platform keeps none
        if level == 5:
            reader.skip_properties()
        reader.text()
        reader.binary()
    elif bits & 0x38:
        raise Malformed("will flags without a will")
    user = reader.text() if bits & 0x80 else None
    password = reader.binary() if bits & 0x40 else None
    if not reader.at_end():
        raise Malformed("bytes behind the CONNECT payload")
    return Connect(level, client, user, password, bool(bits & 2))


def parse_publish(flags, body, level):
    """(topic, payload, QoS, packet id or None)"""
    qos = flags >> 1 & 3
    if qos == 3:
        raise Malformed("QoS 3")
    reader = Reader(body)
    topic = reader.text()
    if not topic or "+" in topic or "#" in topic:
        raise Malformed(f"not a topic name: {topic!r}")
    packet_id = None
    if qos:
        packet_id = reader.number(2)
        if packet_id == 0:
            raise Malformed("packet id 0")
    if level == 5:
        if reader.position < len(body) and body[reader.position] == 0:
            reader.position += 1
        else:
            reader.skip_properties()
    return topic, reader.rest(), qos, packet_id


def parse_subscribe(flags, body, level):
    """(packet id, [(filter, QoS asked), ...])"""
    packet_id, reader = _list_head(flags, body, level)
    filters = []
    while not reader.at_end():
        name, options = reader.text(), reader.number(1)
        if options & 3 == 3 or (level < 5 and options & 0xFC):
            raise Malformed("bad subscription options")
        filters.append((name, options & 3))
    if not filters:
        raise Malformed("SUBSCRIBE without a filter")
    return packet_id, filters


def parse_unsubscribe(flags, body, level):
    packet_id, reader = _list_head(flags, body, level)
    filters = []
    while not reader.at_end():
        filters.append(reader.text())
    if not filters:
        raise Malformed("UNSUBSCRIBE without a filter")
    return packet_id, filters


def _list_head(flags, body, level):
    if flags != 2:
        raise Malformed("wrong flags")
    reader = Reader(body)
    packet_id = reader.number(2)
    if packet_id == 0:
        raise Malformed("packet id 0")
    if level == 5:
        reader.skip_properties()
    return packet_id, reader


def packet(first, body):
    length, head = len(body), bytearray([first])
    while True:
        byte = length & 0x7F
        length >>= 7
        head.append(byte | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def connack(level, session_present, code):
    return packet(0x20, bytes([session_present, code]) + (b"\0" if level == 5 else b""))


def puback(level, packet_id, code):
    """MQTT 3 has no room for a reason, MQTT 5 leaves out reason 0."""
    head = packet_id.to_bytes(2, "big")
    return packet(0x40, head + bytes([code, 0]) if level == 5 and code else head)


def suback(level, packet_id, codes):
    head = packet_id.to_bytes(2, "big")
    return packet(0x90, head + (b"\0" if level == 5 else b"") + bytes(codes))


def unsuback(level, packet_id, codes):
    head = packet_id.to_bytes(2, "big")
    return packet(0xB0, head + b"\0" + bytes(codes) if level == 5 else head)


def disconnect(code):
    return packet(0xE0, bytes([code, 0]))


def publish(level, topic, payload, qos, packet_id):
    name = topic.encode()
    head = len(name).to_bytes(2, "big") + name
    if qos:
        head += packet_id.to_bytes(2, "big")
    return packet(0x30 | qos << 1, head + (b"\0" if level == 5 else b"") + payload)
