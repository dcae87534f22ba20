# SPDX-License-Identifier: Apache-2.0
"""What the tests of the stand-in platform share: the process, and an MQTT client made of bytes.

The client shares nothing with the platform's codec, so that both cannot be wrong in the same way.
"""

import json
import os
import socket
import subprocess
import threading
import unittest

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "platform")
PATIENCE = 10.0

PING, PONG = b"\xc0\x00", (0xD0, b"")
TELEMETRY, ATTRIBUTES = "v1/gateway/telemetry", "v1/gateway/attributes"
OWN_TELEMETRY = "v1/devices/me/telemetry"
RPC, OWN_RPC = "v1/gateway/rpc", "v1/devices/me/rpc/request/"


def packet(first, body):
    length, head = len(body), b""
    while length > 127:
        head += bytes([length & 127 | 128])
        length >>= 7
    return bytes([first]) + head + bytes([length]) + body


def string(text):
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


class Platform:
    def __init__(self, *options, stdin=subprocess.PIPE):
        self.process = subprocess.Popen(
            [PROGRAM, *options], stdin=stdin, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.lines, self.news = [], threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        self.port = self.expect(listening=...)["listening"]

    def _read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(json.loads(line))
                self.news.notify_all()

    def expect(self, since=0, **members):
        """The first line from `since` on that has these members (... is any value)."""

        def found():
            return next((line for line in self.lines[since:] if matches(line, members)), None)

        with self.news:
            if not self.news.wait_for(found, PATIENCE):
                raise AssertionError(f"no line {members} in {self.lines[since:]}")
            return found()

    def command(self, text):
        mark = len(self.lines)
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.expect(mark, kind="command", command=text)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        if self.process.stdin:
            self.process.stdin.close()


def matches(line, members):
    return all(
        name in line and (value is ... or line[name] == value) for name, value in members.items()
    )


class Client:
    def __init__(self, port, level=4, user="test-token", password=None, client="c", tls=None,
                 connack=0, clean=True, host="127.0.0.1"):
        self.level, self.ids = level, 0
        self.socket = socket.create_connection((host, port), PATIENCE)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=host)
        self.stream = self.socket.makefile("rb")
        flags = clean * 2 | (user is not None) * 0x80 | (password is not None) * 0x40
        body = string("MQIsdp" if level == 3 else "MQTT") + bytes([level, flags, 0, 60])
        body += (b"\0" if level == 5 else b"") + string(client)
        body += string(user) if user is not None else b""
        body += string(password) if password is not None else b""
        self.send(packet(0x10, body))
        if connack is not None:
            tail = b"\0" if level == 5 and connack != 1 else b""
            assert self.receive() == (0x20, bytes([not clean, connack]) + tail)

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """(first byte, body), or None at the end of the connection."""
        try:
            first = self.stream.read(1)
        except ConnectionError:
            return None
        if not first:
            return None
        length = shift = 0
        while True:
            byte = self.stream.read(1)[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return first[0], self.stream.read(length)

    def publish(self, topic, payload, qos=1):
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        body = string(topic)
        if qos:
            self.ids += 1
            body += self.ids.to_bytes(2, "big")
        body += b"\0" if self.level == 5 else b""
        self.send(packet(0x30 | qos << 1, body + data))

    def puback(self, code=0):
        tail = bytes([code, 0]) if self.level == 5 and code else b""
        return 0x40, self.ids.to_bytes(2, "big") + tail

    def subscribe(self, *filters, qos=1):
        """The codes of the SUBACK."""
        body = b"\0\x07" + (b"\0" if self.level == 5 else b"")
        self.send(packet(0x82, body + b"".join(string(f) + bytes([qos]) for f in filters)))
        first, body = self.receive()
        assert first == 0x90 and body[:2] == b"\0\x07"
        return list(body[3:] if self.level == 5 else body[2:])

    def downlink(self):
        """(topic, message, QoS) of the next PUBLISH, acknowledged."""
        first, body = self.receive()
        assert first & 0xF0 == 0x30, (first, body)
        end, qos = 2 + int.from_bytes(body[:2], "big"), first >> 1 & 3
        topic, body = body[2:end].decode(), body[end:]
        if qos:
            self.send(packet(0x40, body[:2]))
            body = body[2:]
        return topic, json.loads(body[1:] if self.level == 5 else body), qos

    def close(self):
        self.stream.close()
        self.socket.close()


class Case(unittest.TestCase):
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(*cls.options)
        cls.addClassCleanup(cls.platform.end)

    def setUp(self):
        self.mark = len(self.platform.lines)

    def client(self, level=4, **arguments):
        client = Client(self.platform.port, level, **arguments)
        self.addCleanup(client.close)
        return client

    def expect(self, **members):
        return self.platform.expect(self.mark, **members)

    def store(self, client, topic, payload):
        client.publish(topic, payload)
        self.assertEqual(client.receive(), client.puback())

    def closed(self, client, code):
        """MQTT 5 hears why, MQTT 3 does not."""
        if client.level == 5 and code is not None:
            self.assertEqual(client.receive(), (0xE0, bytes([code, 0])))
        self.assertIsNone(client.receive())

    def alive(self, client):
        client.send(PING)
        self.assertEqual(client.receive(), PONG)
