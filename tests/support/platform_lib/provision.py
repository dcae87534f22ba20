# SPDX-License-Identifier: Apache-2.0
"""Device provisioning: a session whose user is "provision" may ask for credentials, and nothing
else."""

import secrets

from .values import NotJson

USER = "provision"
REQUEST, RESPONSE = "/provision/request", "/provision/response"
TOPIC_NAME_INVALID = 0x90
TYPES = ("ACCESS_TOKEN", "MQTT_BASIC", "X509_CERTIFICATE")


class Provision:
    def __init__(self, platform):
        self.platform = platform
        self.key = platform.options.provision
        self.devices = set()

    def wants(self, connect):
        """Every ThingsBoard lets such a session in; whether it serves it comes later."""
        return connect.user == USER or connect.client == USER

    def publish(self, session, topic, message):
        if topic != REQUEST:
            self.platform.refused(topic, "not on a provisioning session")
            message.acknowledge(TOPIC_NAME_INVALID)
            session.close(TOPIC_NAME_INVALID, "not on a provisioning session")
            return
        message.acknowledge()
        try:
            body = message.json()
        except NotJson:
            body = None
        answer = self.answer(body if isinstance(body, dict) else {})
        self.platform.journal.write("provision", request=body, status=answer["status"])
        session.publish(RESPONSE, answer, session.filters.get(RESPONSE, 1))

    def answer(self, body):
        pair = [body.get("provisionDeviceKey"), body.get("provisionDeviceSecret")]
        if self.key is None or pair != self.key:
            return {"status": "NOT_FOUND", "errorMsg": "Provision data was not found!"}
        name = body.get("deviceName") or secrets.token_hex(8)
        if name in self.devices:
            return failure("Device is already provisioned!")
        kind = body.get("credentialsType") or TYPES[0]
        if kind not in TYPES:
            return failure("Unsupported credentials type!")
        value = getattr(self, kind.lower())(body)
        if value is None:
            return failure("Invalid credentials!")
        self.devices.add(name)
        return {"status": "SUCCESS", "credentialsType": kind, "credentialsValue": value}

    def access_token(self, body):
        token = body.get("token") or secrets.token_hex(10)
        self.platform.options.token.append(token)
        return token

    def mqtt_basic(self, body):
        if not body.get("username") or not body.get("password"):
            return None
        options = self.platform.options
        options.user, options.password = body["username"], body["password"]
        value = {"userName": options.user, "password": options.password}
        if body.get("clientId"):
            value["clientId"] = body["clientId"]
        return value

    @staticmethod
    def x509_certificate(body):
        text = body.get("hash")
        return text if isinstance(text, str) and "BEGIN CERTIFICATE" in text else None


def failure(text):
    return {"status": "FAILURE", "errorMsg": text}
