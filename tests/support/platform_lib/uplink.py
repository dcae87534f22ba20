# SPDX-License-Identifier: Apache-2.0
"""What clients publish: topics, payload shapes, and what becomes of mistakes."""

from . import values
from .journal import encode, now_ms
from .session import IMPLEMENTATION_ERROR, MALFORMED_PACKET
from .store import DEFAULT_PROFILE, NameRefused
from .values import NotJson, WrongShape, WrongTime

UNSPECIFIED_ERROR = 0x80
TOPIC_NAME_INVALID = 0x90
PAYLOAD_FORMAT_INVALID = 0x99

CLIENT_RPC_TIMEOUT = 60.0
KNOWN_KEYS_BOUND = 100_000

ATTRIBUTES_REQUEST = "v1/devices/me/attributes/request/"
ATTRIBUTES_RESPONSE = "v1/devices/me/attributes/response/"
RPC_REQUEST = "v1/devices/me/rpc/request/"
RPC_RESPONSE = "v1/devices/me/rpc/response/"


class Poison(Exception):
    """Closes without an acknowledgement, whatever the protocol."""


class Message:
    """One PUBLISH on its way through a handler."""

    def __init__(self, session, topic, payload, packet_id):
        self.session = session
        self.topic = topic
        self.payload = payload
        self.packet_id = packet_id
        self.at = now_ms()

    def json(self):
        return values.parse(self.payload)

    def acknowledge(self, code=0):
        self.session.acknowledge(self.packet_id, code)


class Uplink:
    def __init__(self, platform):
        self.platform = platform
        self.store = platform.store
        self.journal = platform.journal
        self.known_keys = set()
        self.gateway_topics = {
            "v1/gateway/connect": self.gateway_connect,
            "v1/gateway/disconnect": self.gateway_disconnect,
            "v1/gateway/telemetry": self.gateway_telemetry,
            "v1/gateway/attributes": self.gateway_attributes,
            "v1/gateway/attributes/request": self.gateway_attributes_request,
            "v1/gateway/rpc": self.gateway_rpc_reply,
            "v1/gateway/claim": self.gateway_claim,
        }
        self.device_topics = {
            "v1/devices/me/telemetry": self.device_telemetry,
            "v1/devices/me/attributes": self.device_attributes,
            "v1/devices/me/claim": self.device_claim,
        }
        self.numbered_topics = {
            ATTRIBUTES_REQUEST: self.device_attributes_request,
            RPC_REQUEST: self.device_rpc_request,
            RPC_RESPONSE: self.device_rpc_reply,
        }

    def handle(self, session, topic, payload, qos, packet_id):
        if self.platform.log_messages:
            self.journal.write("message", topic=topic, bytes=len(payload), qos=qos)
        message = Message(session, topic, payload, packet_id)
        if session.provisioning:
            self.platform.provision.publish(session, topic, message)
            return
        if not self.platform.gate.passes(message):
            return
        if self.platform.firmware.publish(session, topic, payload, message):
            return
        if topic.startswith("v1/gateway"):
            if self.platform.plain_device:
                self.platform.refused(topic, "the device is no gateway")  # and not a word back
                return
            self._run(self.gateway_topics.get(topic), message, self._gateway_mistake)
        else:
            handler = self.device_topics.get(topic)
            if handler is None:
                prefix = topic[:topic.rfind("/") + 1]
                handler = self.numbered_topics.get(prefix)
            self._run(handler, message, self._payload_mistake)

    def _run(self, handler, message, wrong_shape):
        if handler is None:
            self.platform.refused(message.topic, "unknown topic")
            message.acknowledge(TOPIC_NAME_INVALID)
            return
        try:
            handler(message)
        except NotJson as error:
            self._payload_mistake(message, str(error))
        except WrongShape as error:
            wrong_shape(message, str(error))
        except (Poison, WrongTime) as error:
            self.platform.refused(message.topic, str(error))
            message.session.close(IMPLEMENTATION_ERROR, f"bad message: {error}")

    # ---- mistakes ---------------------------------------------------------------------

    def _payload_mistake(self, message, reason):
        """MQTT 5 learns of it and stays; MQTT 3, and QoS 0, only see the connection end."""
        self.platform.refused(message.topic, reason)
        if message.session.level == 5 and message.packet_id is not None:
            message.acknowledge(PAYLOAD_FORMAT_INVALID)
        else:
            message.session.close(MALFORMED_PACKET, f"bad message: {reason}")

    def _gateway_mistake(self, message, reason):
        """Acknowledged and closed, so that on MQTT 3 it looks stored."""
        self.platform.refused(message.topic, reason)
        message.session.acknowledge(
            message.packet_id, IMPLEMENTATION_ERROR, f"bad message: {reason}"
        )

    # ---- devices behind the gateway ------------------------------------------------------

    def attach(self, session, name, at):
        """Any message that names a device connects it; a new one then gets the default
        profile."""
        device, created, fresh = self.store.attach(session, name)
        self.store.touch(device)
        if fresh:
            self.journal.write(
                "implicit-connect", at, device=device.name, created=created, profile=device.profile
            )
            self.platform.downlink.resend(device)
        return device

    def gateway_connect(self, message):
        body = require_object(message.json())
        name, kind = device_name(body), body.get("type")
        if kind is not None:
            kind = values.as_text(kind, "type")
        try:
            device, created, fresh = self.store.attach(
                message.session, name, kind or DEFAULT_PROFILE
            )
        except NameRefused as error:
            self.platform.refused(message.topic, str(error), device=name)
            message.acknowledge(UNSPECIFIED_ERROR)
            return
        self.journal.write(
            "connect",
            message.at,
            device=device.name,
            type=kind,
            created=created,
            profile=device.profile,
        )
        message.acknowledge()
        if fresh:
            self.platform.downlink.resend(device)

    def gateway_disconnect(self, message):
        name = device_name(require_object(message.json()))
        device = message.session.devices.get(name)
        if device is not None:
            self.store.detach(device)
        self.journal.write("disconnect", message.at, device=device.name if device else name)
        message.acknowledge()

    def gateway_telemetry(self, message):
        def store(device, elements):
            entries = [values.entry(element, message.at, True) for element in elements]
            for entry in entries:
                self._store_entry(message, device, *entry)
            return bool(entries)  # an empty array is never acknowledged

        self._each_device(message, list, store)

    def gateway_attributes(self, message):
        def store(device, body):
            self._store_attributes(message, device, values.typed(body))
            return True

        self._each_device(message, dict, store)

    def gateway_claim(self, message):
        def store(device, body):
            self.journal.write("claim", message.at, device=device.name, **claim(body))
            return True

        self._each_device(message, dict, store)

    def _each_device(self, message, kind, store):
        """Devices fail one by one: those that are good are stored, the first failure
        decides the answer, and a part of the wrong JSON kind is only logged."""
        parts = require_object(message.json())
        good = {name: part for name, part in parts.items() if isinstance(part, kind)}
        for name in parts:
            if name not in good:
                self.platform.refused(message.topic, "device part of the wrong kind", device=name)
        if not good:
            raise WrongShape("no usable device")
        code, broken, complete = None, None, True
        for name, part in good.items():
            try:
                complete &= store(self.attach(message.session, name, message.at), part)
                self._frown_on_qos0(message, name)
            except NameRefused as error:
                self.platform.refused(message.topic, str(error), device=name)
                code = UNSPECIFIED_ERROR if code is None else code
            except (WrongShape, WrongTime) as error:
                self.platform.refused(message.topic, str(error), device=name)
                broken = broken or str(error)
                if message.session.level == 5 and code is None:
                    code = PAYLOAD_FORMAT_INVALID
        if code is not None:
            message.acknowledge(code)
        if broken and message.session.level != 5:
            message.session.close(None, f"bad message: {broken}")
        elif code is None and complete:
            message.acknowledge()

    @staticmethod
    def _frown_on_qos0(message, name):
        """QoS 0 is stored, but a gateway on MQTT 5 is told it was malformed."""
        if message.packet_id is None and message.session.level == 5:
            notice = {"device": name, "reason": MALFORMED_PACKET}
            message.session.publish("v1/gateway/disconnect", notice, 1)

    def gateway_attributes_request(self, message):
        body = require_object(message.json())
        number = values.as_long(body.get("id"), "id")
        name = values.as_text(body.get("device"), "device")
        client = body.get("client")
        if not isinstance(client, bool):
            raise WrongShape("client is not a boolean")
        if "key" in body:
            keys = [values.as_text(body["key"], "key")]
        elif isinstance(body.get("keys"), list):
            keys = list(dict.fromkeys(values.as_text(key, "keys") for key in body["keys"]))
        else:
            raise WrongShape("neither key nor keys")
        try:
            device = self.attach(message.session, name, message.at)
        except NameRefused as error:
            self.platform.refused(message.topic, str(error), device=name)
            message.acknowledge(IMPLEMENTATION_ERROR)
            return
        scope = "client" if client else "shared"
        self.journal.write(
            "attributes-request", message.at, device=device.name, id=number, scope=scope, keys=keys
        )
        message.acknowledge()
        self._frown_on_qos0(message, name)
        self.platform.downlink.gateway_attributes(message.session, device, number, scope, keys)

    def gateway_rpc_reply(self, message):
        body = require_object(message.json())
        name = values.as_text(body.get("device"), "device")
        number = values.as_long(body.get("id"), "id")
        if "data" not in body:
            raise WrongShape("data is missing")
        try:
            device = self.attach(message.session, name, message.at)
        except NameRefused as error:
            self.platform.refused(message.topic, str(error), device=name)
            message.acknowledge(UNSPECIFIED_ERROR)
            return
        self._rpc_reply(message, device, number, body["data"])
        self._frown_on_qos0(message, name)

    # ---- the gateway's own device --------------------------------------------------------

    def device_telemetry(self, message):
        body = message.json()
        elements = body if isinstance(body, list) else [body]
        entries = [values.entry(element, message.at, False) for element in elements]
        for entry in entries:
            self._store_entry(message, message.session.own, *entry)
        if entries:
            message.acknowledge()

    def device_attributes(self, message):
        body = require_object(message.json())
        self._store_attributes(message, message.session.own, values.typed(body))
        message.acknowledge()

    def device_claim(self, message):
        body = require_object(message.json()) if message.payload else {}
        self.journal.write("claim", message.at, device=None, **claim(body))
        message.acknowledge()

    def device_attributes_request(self, message):
        number = request_number(message.topic)
        body = require_object(message.json())
        asked = {}
        for scope, member in (("client", "clientKeys"), ("shared", "sharedKeys")):
            if member in body:
                keys = values.as_text(body[member], member).split(",")
                asked[scope] = [key for key in keys if key]
        self.journal.write("attributes-request", message.at, device=None, id=number, **asked)
        message.acknowledge()
        self.platform.downlink.device_attributes(message.session, number, asked)

    def device_rpc_request(self, message):
        number = request_number(message.topic)
        body = require_object(message.json())
        if not isinstance(body.get("method"), str):
            raise Poison("method is missing or not a string")
        method = body["method"]
        self.journal.write(
            "client-rpc", message.at, id=number, method=method, params=body.get("params")
        )
        message.acknowledge()
        if method == "getSessionLimits" and not self.platform.options.old_server:
            self._answer_rpc(message.session, number, self.platform.session_limits())
        else:  # no rule chain here answers anything else
            self.platform.loop.call_later(
                CLIENT_RPC_TIMEOUT, self._answer_rpc, message.session, number, {"error": "timeout"}
            )

    @staticmethod
    def _answer_rpc(session, number, answer):
        topic = f"{RPC_RESPONSE}{number}"
        session.publish(topic, answer, session.filters.get(RPC_RESPONSE + "+", 1))

    def device_rpc_reply(self, message):
        number = request_number(message.topic)
        self._rpc_reply(message, message.session.own, number, message.json())

    # ---- storing -------------------------------------------------------------------------

    def _rpc_reply(self, message, device, number, data):
        """Data is any JSON and goes to the caller as it is. An answer nobody waits for is
        harmless, and marked."""
        known = device.pending.pop(number, None) is not None
        extra = {} if known else {"stale": True}
        self.journal.write(
            "rpc-reply", message.at, device=device.name, id=number, data=data, **extra
        )
        message.acknowledge()

    def _store_entry(self, message, device, ts, stored, metadata):
        if not stored or not self._keys_pass(message, device, stored):
            return
        extra = "" if metadata is None else f',"metadata":{encode(metadata)}'
        if device.alias != device.name:
            extra += f',"as":{encode(device.alias)}'
        device.count(ts)
        self.journal.telemetry(message.at, device.json_name, ts, stored, extra)

    def _store_attributes(self, message, device, stored):
        if not stored or not self._keys_pass(message, device, stored):
            return
        device.client.update(stored)
        self.store.attributes += len(stored)
        self.journal.write("attributes", message.at, device=device.name, values=stored)

    def _keys_pass(self, message, device, stored):
        """A bad key is found out behind the PUBACK: what came with it is lost in silence."""
        if self.known_keys.issuperset(stored):
            return True
        for key in stored:
            fault = values.name_fault(key)
            if fault:
                self.platform.refused(message.topic, f"key is {fault}", device=device.name, key=key)
                return False
        if len(self.known_keys) > KNOWN_KEYS_BOUND:
            self.known_keys.clear()
        self.known_keys.update(stored)
        return True


def require_object(body):
    if not isinstance(body, dict):
        raise WrongShape("payload is not an object")
    return body


def device_name(body):
    name = values.as_text(body.get("device"), "device")
    if not name:
        raise WrongShape("device is empty")
    return name


def request_number(topic):
    text = topic.rsplit("/", 1)[1]
    if not values.WHOLE.fullmatch(text):
        raise WrongShape("request id is not a number")
    return int(text)


def claim(body):
    return {
        "secretKey": values.as_text(body.get("secretKey", ""), "secretKey"),
        "durationMs": values.as_long(body.get("durationMs", 0), "durationMs"),
    }
