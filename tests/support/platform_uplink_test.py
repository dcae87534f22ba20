#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the stand-in platform, from outside: connecting, storing, mistakes."""

import json
import time
import unittest

from platform_testing import (
    ATTRIBUTES, Case, OWN_RPC, OWN_TELEMETRY, PING, PONG, RPC, TELEMETRY, packet, string,
)


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

    def test_mistakes_are_answered_as_the_server_answers_them(self):
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


if __name__ == "__main__":
    unittest.main()
