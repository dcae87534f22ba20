#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the stand-in platform, from outside: what it sends, and how it breaks."""

import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import unittest

from platform_testing import (
    ATTRIBUTES, Case, Client, OWN_RPC, OWN_TELEMETRY, PATIENCE, PING, PONG, Platform, RPC, TELEMETRY,
)


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
