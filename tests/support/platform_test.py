#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the stand-in platform, from outside: a process, a socket, bytes.

The client below shares nothing with the platform's codec, so that both cannot be wrong in the
same way. Section numbers are those of the ThingsBoard MQTT API description.
"""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
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
                 connack=0, clean=True):
        self.level, self.ids = level, 0
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        if tls:
            self.socket = tls.wrap_socket(self.socket)
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


class Connecting(Case):
    options = ("--user", "u", "--password", "p", "--token", "test-token", "other")

    def test_wrong_credentials_are_refused_with_the_code_of_the_protocol(self):
        for level, user, password, name, code in (
            (4, "bad", None, "c", 5), (4, "u", "bad", "c", 5), (4, None, None, "c", 2),
            (3, "bad", None, "c", 5), (5, "bad", None, "c", 0x86), (5, "u", "bad", "c", 0x86),
            (5, None, None, "c", 0x85), (5, None, None, "", 0x87),
        ):
            with self.subTest(level=level, user=user, client=name):
                client = self.client(
                    level, user=user, password=password, client=name, connack=code
                )
                self.assertIsNone(client.receive())

    def test_good_credentials_are_accepted(self):
        for level, user, password in (
            (3, "test-token", None), (4, "other", "ignored"), (5, "test-token", None), (5, "u", "p")
        ):
            with self.subTest(level=level, user=user):
                self.alive(self.client(level, user=user, password=password, client="me"))
                self.expect(kind="session", state="open", protocol=level, client="me")

    def test_session_present_mirrors_the_request(self):
        self.client(clean=False)

    def test_second_connection_evicts_the_first(self):
        for level in 4, 5:
            with self.subTest(level=level):
                first, other = self.client(level), self.client(level, user="other")
                second = self.client(level)
                self.closed(first, 0x8E)
                self.expect(kind="session", state="closed", protocol=level, reason="evicted")
                self.alive(second)
                self.alive(other)

    def test_evict_command(self):
        for level in 4, 5:
            client = self.client(level)
            self.assertTrue(self.platform.command("evict")["ok"])
            self.closed(client, 0x8E)

    def test_only_exact_filters_are_granted(self):
        good = ("v1/gateway/attributes", "v1/gateway/attributes/response", "v1/gateway/rpc",
                "v1/devices/me/attributes", "v1/devices/me/attributes/response/+",
                "v1/devices/me/rpc/request/+", "v1/devices/me/rpc/response/+")
        bad = ("v1/gateway/#", "v1/gateway/+", "#", "v1/devices/me/rpc/request/1")
        for level, code in (4, 0x80), (5, 0x8F):
            client = self.client(level)
            self.assertEqual(client.subscribe(*good, *bad, qos=2), [1] * 7 + [code] * 4)
            self.assertEqual(client.subscribe(*good[:2], qos=0), [0, 0])

    def test_unsubscribe(self):
        client = self.client(5)
        client.subscribe(RPC)
        client.send(packet(0xA2, b"\0\x09\0" + string(RPC) + string("x")))
        self.assertEqual(client.receive(), (0xB0, b"\0\x09\0\0\x11"))

    def test_garbage_closes(self):
        for data in (
            packet(0x32, string("a/+") + b"\0\1"), packet(0x32, string("a") + b"\0\0"),
            packet(0x36, string("a") + b"\0\1"), packet(0x80, b"\0\1" + string("a") + b"\1"),
            packet(0x32, b"\0\1\xff\0\1"), b"\xc0\xff\xff\xff\xff\1", packet(0xF0, b""),
        ):
            client = self.client()
            client.send(data)
            self.closed(client, 0x81)

    def test_packets_may_arrive_in_any_pieces(self):
        client = self.client()
        client.send(PING + PING)
        self.assertEqual([client.receive(), client.receive()], [PONG, PONG])
        for byte in packet(0x32, string(OWN_TELEMETRY) + b"\0\1" + b'{"pieces":1}'):
            client.send(bytes([byte]))
        self.assertEqual(client.receive(), (0x40, b"\0\1"))
        self.expect(kind="telemetry", device=None, values={"pieces": 1})


class Uplink(Case):
    def test_telemetry_is_stored_as_typed(self):
        payload = (
            b'{"T":[{"ts":"1700000000000","values":{"a":21.50,"b":true,"c":"00123","d":"1.50",'
            b'"e":"1e3","f":1E+1,"g":1e400,"h":0.12345678901234567,"i":1.2345678901234567e-05,'
            b'"j":null,"k":-0.0,"l":18446744073709551616,"m":{"x":[1,2.5]},"n":NaN,"o":"5.",'
            b'"p":2.5e-3,"q":"-.5"}},{"x":1},{"ts":5},{"values":{"y":1}}]}'
        )
        stored = {
            "a": 21.5, "b": True, "c": 123, "d": 1.5, "e": "1e3", "f": 10, "g": "1" + "0" * 400,
            "h": "0.12345678901234567", "i": "0.000012345678901234567", "k": 0.0,
            "l": "18446744073709551616", "m": {"x": [1, 2.5]}, "n": "NaN", "o": "5.",
            "p": 0.0025, "q": -0.5,
        }
        for level in 4, 5:
            client, since = self.client(level), int(time.time() * 1000)
            self.store(client, TELEMETRY, payload)
            line = self.expect(kind="telemetry", device="T", ts=1700000000000)
            self.assertEqual(json.dumps(line["values"]), json.dumps(stored))  # 0.0 is not -0.0
            self.assertLessEqual(since, line["at"])
            for flat in {"x": 1}, {"ts": 5}, {"values": {"y": 1}}:
                self.assertLessEqual(since, self.expect(kind="telemetry", values=flat)["ts"])
            self.mark = len(self.platform.lines)

    def test_own_telemetry_takes_an_entry_or_several(self):
        client = self.client()
        self.store(client, OWN_TELEMETRY, [{"ts": 7.9, "values": {"a": 1}}, {"a": 2}])
        self.expect(kind="telemetry", device=None, ts=7, values={"a": 1})
        self.store(client, OWN_TELEMETRY, {"ts": 8, "values": {"a": 3}})
        self.expect(kind="telemetry", device=None, ts=8, values={"a": 3})
        self.store(client, "v1/devices/me/attributes", {"a": 4})
        self.expect(kind="attributes", device=None, values={"a": 4})

    def test_connect_creates_with_its_profile_once(self):
        client = self.client(5)
        self.store(client, "v1/gateway/connect", {"device": "C1", "type": "pump"})
        self.expect(kind="connect", device="C1", type="pump", created=True, profile="pump")
        self.store(client, "v1/gateway/disconnect", {"device": "C1"})
        self.expect(kind="disconnect", device="C1")
        self.store(client, "v1/gateway/connect", {"device": "C1", "type": "other"})
        self.expect(kind="connect", device="C1", type="other", created=False, profile="pump")
        self.store(client, ATTRIBUTES, {"C2": {"m": "x"}})
        self.expect(kind="implicit-connect", device="C2", created=True, profile="default")
        self.expect(kind="attributes", device="C2", values={"m": "x"})
        self.store(client, "v1/gateway/claim", {"C2": {"secretKey": "s"}})
        self.expect(kind="claim", device="C2", secretKey="s", durationMs=0)

    def test_mistakes_are_answered_as_section_6_says(self):
        silence, stays, ok = "silence", "stays", "ok"
        entry, request = {"ts": 1, "values": {"k": 1}}, "v1/gateway/attributes/request"
        gone = ("close", None)  # without a PUBACK
        # topic, payload, what MQTT 3 sees, what MQTT 5 sees
        table = [
            (TELEMETRY, b"{", gone, (stays, 0x99)),
            (TELEMETRY, b"\xef\xbb\xbf{}", gone, (stays, 0x99)),
            (OWN_TELEMETRY, 5, gone, (stays, 0x99)),
            (OWN_TELEMETRY, {"ts": 1, "values": 5}, gone, (stays, 0x99)),
            ("v1/devices/me/attributes", [1], gone, (stays, 0x99)),
            (OWN_TELEMETRY, {"ts": "soon", "values": {"a": 1}}, gone, ("close", 0x83)),
            (OWN_RPC + "1", {"params": 1}, gone, ("close", 0x83)),
            (TELEMETRY, [entry], ("ack+close", 0), ("ack+close", 0x83)),
            (TELEMETRY, {}, ("ack+close", 0), ("ack+close", 0x83)),
            (TELEMETRY, {"D": entry}, ("ack+close", 0), ("ack+close", 0x83)),
            (ATTRIBUTES, {"D": [1]}, ("ack+close", 0), ("ack+close", 0x83)),
            ("v1/gateway/connect", {"type": "x"}, ("ack+close", 0), ("ack+close", 0x83)),
            (request, {"id": 1, "device": "D", "client": 0, "key": "a"},
             ("ack+close", 0), ("ack+close", 0x83)),
            (RPC, {"device": "D", "data": 1}, ("ack+close", 0), ("ack+close", 0x83)),
            (TELEMETRY, {"D": [5], "E": [entry]}, gone, (stays, 0x99)),
            (TELEMETRY, {"E": [entry], "D": [{"ts": "x", "values": {}}]}, gone, (stays, 0x99)),
            (TELEMETRY, {"E": [entry], "D": [{"metadata": 1}]}, gone, (stays, 0x99)),
            (TELEMETRY, {"D": entry, "E": [entry]}, (ok, 0), (ok, 0)),
            (TELEMETRY, {"": [entry], "E": [entry]}, (stays, 0), (stays, 0x80)),
            ("v1/gateway/connect", {"device": "x" * 256}, (stays, 0), (stays, 0x80)),
            ("v1/gateway/metrics", {}, (stays, 0), (stays, 0x90)),
            ("v2/unheard/of", {}, (stays, 0), (stays, 0x90)),
            (TELEMETRY, {"D": []}, (silence, 0), (silence, 0)),
            (TELEMETRY, {"D": [{"ts": 1, "values": {}}]}, (ok, 0), (ok, 0)),
            (TELEMETRY, {"D": [{"ts": 1, "values": {" ": 1}}]}, (ok, 0), (ok, 0)),
        ]
        for topic, payload, *answers in table:
            for level, (what, code) in zip((4, 5), answers):
                with self.subTest(topic=topic, payload=payload, level=level):
                    self.mark = len(self.platform.lines)
                    client = self.client(level)
                    client.publish(topic, payload)
                    if what in (ok, stays, "ack+close"):
                        self.assertEqual(client.receive(), client.puback(code))
                    if what in (ok, stays, silence):
                        self.alive(client)
                    elif what == "ack+close":
                        self.closed(client, 0x83)
                    else:
                        self.closed(client, code)
                    if what not in (ok, silence):
                        self.expect(kind="refused", topic=topic)
                    if isinstance(payload, dict) and "E" in payload:
                        self.expect(kind="telemetry", device="E", ts=1, values={"k": 1})
                    client.close()

    def test_qos_0_is_stored_and_mqtt_5_is_told_off(self):
        client = self.client(4)
        client.publish(TELEMETRY, {"Q": [{"a": 1}]}, qos=0)
        self.expect(kind="telemetry", device="Q", values={"a": 1})
        self.alive(client)
        client.publish(TELEMETRY, b"no", qos=0)
        self.closed(client, None)
        client = self.client(5)
        client.publish(TELEMETRY, {"Q": [{"a": 2}]}, qos=0)
        self.assertEqual(
            client.downlink(), ("v1/gateway/disconnect", {"device": "Q", "reason": 129}, 1)
        )
        client.publish(OWN_TELEMETRY, b"no", qos=0)
        self.closed(client, 0x81)

    def test_packet_over_the_limit_closes_without_an_answer(self):
        for level in 4, 5:
            client = self.client(level)
            room = 65536 - len(string(TELEMETRY)) - 2 - (level == 5)
            frame = len(b'{"Big":[{"a":""}]}')
            self.store(client, TELEMETRY, b'{"Big":[{"a":"%s"}]}' % (b"x" * (room - frame)))
            client.publish(TELEMETRY, b'{"Big":[{"a":"%s"}]}' % (b"x" * (room - frame + 1)))
            self.closed(client, 0x81)
            self.expect(kind="session", state="closed", reason="packet too large")

    def test_metadata_of_entries(self):
        metadata = {"connector": "c", "receivedTs": 1, "publishedTs": 2}
        entry = {"ts": 3, "values": {"a": 1}, "metadata": metadata}
        self.store(self.client(), TELEMETRY, {"M": [entry]})
        self.expect(kind="telemetry", device="M", values={"a": 1}, metadata=metadata)


class Downlink(Case):
    def connected(self, level, device, **arguments):
        client = self.client(level, **arguments)
        self.store(client, "v1/gateway/connect", {"device": device})
        return client

    def test_attribute_updates(self):
        for level in 4, 5:
            client, name = self.connected(level, f"A {level}"), f"A {level}"
            self.assertTrue(self.platform.command(f'attributes "{name}" {{"s":"7"}}')["sent"])
            self.assertEqual(client.downlink(), (ATTRIBUTES, {"device": name, "data": {"s": 7}}, 1))
            self.assertTrue(self.platform.command(f'delete-attributes "{name}" ["s"]')["sent"])
            deleted = {"device": name, "data": {"deleted": ["s"]}}
            self.assertEqual(client.downlink(), (ATTRIBUTES, deleted, 1))
            client.subscribe(ATTRIBUTES, qos=0)
            self.platform.command(f'attributes "{name}" {{"s":1.5}}')
            self.assertEqual(client.downlink()[1:], ({"device": name, "data": {"s": 1.5}}, 0))
            self.store(client, "v1/gateway/disconnect", {"device": name})
            self.assertFalse(self.platform.command(f'attributes "{name}" {{"s":2}}')["sent"])

    def test_own_attributes_only_when_subscribed(self):
        client = self.client()
        self.assertFalse(self.platform.command('attributes - {"a":1}')["sent"])
        client.subscribe("v1/devices/me/attributes")
        self.assertTrue(self.platform.command('attributes - {"a":2}')["sent"])
        self.assertEqual(client.downlink(), ("v1/devices/me/attributes", {"a": 2}, 1))

    def test_attribute_requests(self):
        self.platform.command('attributes R {"s1":1,"s2":"two"}')
        client = self.client(5)
        self.store(client, ATTRIBUTES, {"R": {"c1": True}})
        for number, (client_scope, keys, answer) in enumerate((
            (False, {"keys": ["s1", "s2", "no"]}, {"values": {"s1": 1, "s2": "two"}}),
            (False, {"keys": ["s1"]}, {"value": 1}), (False, {"key": "s2"}, {"value": "two"}),
            (False, {"keys": ["no"]}, {}), (True, {"keys": ["c1", "s1"]}, {"values": {"c1": True}}),
            (True, {"keys": []}, {"value": True, "values": {"s1": 1, "s2": "two"}}),
        )):
            request = {"id": number, "device": "R", "client": client_scope, **keys}
            self.store(client, "v1/gateway/attributes/request", request)
            self.assertEqual(
                client.downlink(),
                ("v1/gateway/attributes/response", {"id": number, "device": "R", **answer}, 1),
            )
        self.expect(kind="attributes-request", device="R", id=5, scope="client", keys=[])

    def test_own_attribute_requests(self):
        self.platform.command('attributes - {"s1":1}')
        client = self.client()
        self.store(client, "v1/devices/me/attributes", {"c1": 5})
        for number, body, answer in (
            (1, {}, {"client": {"c1": 5}, "shared": {"s1": 1}}),
            (2, {"clientKeys": "c1,no"}, {"client": {"c1": 5}}), (3, {"sharedKeys": "no"}, {}),
        ):
            self.store(client, f"v1/devices/me/attributes/request/{number}", body)
            topic, message, _ = client.downlink()
            self.assertEqual(topic, f"v1/devices/me/attributes/response/{number}")
            self.assertEqual({k: v for k, v in message.items() if k in answer}, answer)

    def test_rpc_round_trip_with_ids_per_device(self):
        for level in 4, 5:
            one, two = f"R1-{level}", f"R2-{level}"
            client = self.connected(level, one)
            self.store(client, "v1/gateway/connect", {"device": two})
            for device, number in (one, 0), (one, 1), (two, 0):
                self.platform.command(f'rpc {device} set {{"v":[1]}}')
                data = {"id": number, "method": "set", "params": {"v": [1]}}
                self.assertEqual(client.downlink(), (RPC, {"device": device, "data": data}, 1))
                self.expect(kind="rpc-sent", device=device, id=number, method="set")
                self.store(client, RPC, {"device": device, "id": number, "data": {"ok": True}})
                self.expect(kind="rpc-reply", device=device, id=number, data={"ok": True})
            self.store(client, RPC, {"device": one, "id": 0, "data": None})
            self.expect(kind="rpc-reply", device=one, id=0, data=None, stale=True)

    def test_pending_rpc_comes_again_until_answered(self):
        client = self.connected(5, "P")
        self.platform.command("rpc P go")
        data = {"device": "P", "data": {"id": 0, "method": "go", "params": None}}
        self.assertEqual(client.downlink()[1], data)
        client = self.connected(5, "P")
        self.assertEqual(client.downlink()[1], data)
        self.expect(kind="rpc-sent", device="P", id=0, repeat=True)
        self.store(client, RPC, {"device": "P", "id": 0, "data": 1})
        self.alive(self.connected(5, "P"))

    def test_own_rpc_waits_for_the_subscription(self):
        client = self.client(5)
        number = self.platform.command('rpc - gateway_ping {}')["id"]
        self.assertEqual(client.subscribe(OWN_RPC + "+"), [1])
        topic, message, _ = client.downlink()
        self.assertEqual((topic, message["method"]), (f"{OWN_RPC}{number}", "gateway_ping"))
        self.alive(client)
        client = self.client(5)
        client.subscribe(OWN_RPC + "+")
        self.alive(client)  # acknowledged, so it does not come again, but may still be answered
        self.store(client, f"v1/devices/me/rpc/response/{number}", "pong")
        self.expect(kind="rpc-reply", device=None, id=number, data="pong")

    def test_rename_reaches_the_gateway_but_not_the_running_session(self):
        client = self.connected(5, "Old")
        client.subscribe(OWN_RPC + "+")
        self.assertTrue(self.platform.command('rename Old "New name"')["sent"])
        notice = {"method": "gateway_device_renamed", "params": {"Old": "New name"}}
        self.assertEqual(client.downlink()[1], notice)
        self.store(client, TELEMETRY, {"Old": [{"ts": 1, "values": {"a": 1}}]})
        self.expect(kind="telemetry", device="New name", **{"as": "Old"})
        self.platform.command('rpc "New name" m')
        self.assertEqual(client.downlink()[1]["device"], "Old")
        client = self.connected(5, "Old")
        self.expect(kind="connect", device="Old", created=True)
        client.subscribe(OWN_RPC + "+")
        self.alive(client)  # the notice was delivered and does not come again

    def test_deleted_device_is_created_again_by_its_next_message(self):
        client = self.connected(4, "Gone")
        self.assertFalse(self.platform.command("delete Gone")["sent"])
        self.store(client, TELEMETRY, {"Gone": [{"a": 1}]})
        self.expect(kind="implicit-connect", device="Gone", created=True)
        client.subscribe(OWN_RPC + "+")
        notice = {"method": "gateway_device_deleted", "params": "Gone"}
        self.assertEqual(client.downlink()[1], notice)

    def test_session_limits(self):
        client = self.client()
        client.subscribe("v1/devices/me/rpc/response/+")
        self.store(client, OWN_RPC + "3", {"method": "getSessionLimits", "params": {}})
        topic, limits, _ = client.downlink()
        self.assertEqual(topic, "v1/devices/me/rpc/response/3")
        self.assertEqual((limits["maxPayloadSize"], limits["maxInflightMessages"]), (65536, 100))
        self.assertIn("gatewayRateLimits", limits)


class Breaking(unittest.TestCase):
    def start(self, *options, **arguments):
        platform = Platform(*options, **arguments)
        self.addCleanup(platform.end)
        return platform

    def client(self, platform, level=4, **arguments):
        client = Client(platform.port, level, **arguments)
        self.addCleanup(client.close)
        return client

    def test_drop_down_and_up(self):
        platform = self.start()
        client = self.client(platform, 5)
        platform.command("drop")
        self.assertIsNone(client.receive())  # not even a DISCONNECT
        platform.expect(kind="session", state="closed", reason="dropped")
        client = self.client(platform, 5)
        platform.command("down")
        self.assertIsNone(client.receive())
        with self.assertRaises(ConnectionRefusedError):
            self.client(platform)
        platform.command("up")
        platform.expect(kind="listening", port=platform.port)
        self.client(platform)
        mark = len(platform.lines)
        platform.command("down 0.1")
        platform.expect(mark, kind="listening", port=platform.port)
        self.client(platform)

    def test_mute_stores_without_acknowledging(self):
        platform = self.start("--ack-delay", "20")
        client = self.client(platform, 5)
        platform.command("mute")
        client.publish(TELEMETRY, {"D": [{"ts": 5, "values": {"a": 1}}]})
        platform.expect(kind="telemetry", device="D", ts=5)
        client.send(PING)
        self.assertEqual(client.receive(), PONG)
        platform.command("unmute")
        client.publish(TELEMETRY, {"D": [{"ts": 4, "values": {"a": 1}}]})
        platform.expect(kind="telemetry", device="D", ts=4)
        self.assertEqual(client.receive(), client.puback())
        platform.command("summary")
        counts = {"telemetry": 2, "firstTs": 4, "lastTs": 5}
        platform.expect(kind="summary", telemetry=2, attributes=0, devices={"D": counts})

    def test_device_without_the_gateway_flag_gets_no_answer(self):
        platform = self.start("--plain-device")
        client = self.client(platform, 5)
        client.publish(TELEMETRY, {"D": [{"a": 1}]})
        client.publish(OWN_TELEMETRY, {"a": 1})
        self.assertEqual(client.receive(), client.puback())

    def test_server_from_before_mqtt_5(self):
        platform = self.start("--mqtt5", "no", "--max-payload", "100")
        self.assertIsNone(self.client(platform, 5, connack=1).receive())
        client = self.client(platform, 4)
        client.publish(OWN_TELEMETRY, {"a": "x" * 100})
        self.assertIsNone(client.receive())

    def test_silence_ends_the_session(self):
        platform = self.start("--inactivity", "0.2")
        client = self.client(platform, 5)
        self.assertEqual(client.receive(), (0xE0, b"\xa0\0"))
        self.assertIsNone(client.receive())

    def test_log_file_is_appended_to_and_signals_end_it_well(self):
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "log")
            with open(log, "w", encoding="utf-8") as file:
                file.write("{}\n")
            platform = self.start("--log", log, "--log-messages", stdin=subprocess.DEVNULL)
            client = self.client(platform)
            client.publish(OWN_TELEMETRY, {"a": 1})
            self.assertEqual(client.receive(), client.puback())  # past the end of its stdin
            with open(log, encoding="utf-8") as file:
                kinds = [json.loads(line).get("kind") for line in file]
            self.assertEqual(kinds, [None, "session", "message", "telemetry"])
            platform.process.send_signal(signal.SIGTERM)
            self.assertEqual(platform.process.wait(PATIENCE), 0)
            self.assertEqual(platform.lines, [{"listening": platform.port}])

    def test_quit_and_unknown_commands(self):
        platform = self.start()
        for text in "nonsense", "rpc nobody m", "attributes D [1]", "attributes D {", "rename":
            self.assertFalse(platform.command(text)["ok"])
        self.assertTrue(platform.command("quit")["ok"])
        self.assertEqual(platform.process.wait(PATIENCE), 0)

    @unittest.skipUnless(shutil.which("openssl"), "needs openssl")
    def test_tls_and_client_certificates(self):
        with tempfile.TemporaryDirectory() as folder:
            key, cert = os.path.join(folder, "key"), os.path.join(folder, "cert")
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                 "-keyout", key, "-out", cert],
                check=True, capture_output=True,
            )
            platform = self.start("--tls-cert", cert, "--tls-key", key, "--tls-ca", cert)
            tls = ssl.create_default_context(cafile=cert)
            tls.check_hostname = False
            client = self.client(platform, 5, tls=tls)
            client.publish("v1/gateway/connect", {"type": 1})
            self.assertEqual(client.receive(), client.puback(0x83))
            self.assertEqual(client.receive(), (0xE0, b"\x83\0"))
            self.assertIsNone(client.receive())
            tls.load_cert_chain(cert, key)
            self.client(platform, 5, tls=tls, user=None)


if __name__ == "__main__":
    unittest.main()
