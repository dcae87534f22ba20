# SPDX-License-Identifier: Apache-2.0
"""What the platform sends: attribute updates and responses, RPCs, notices."""

RPC_FILTER = "v1/devices/me/rpc/request/+"
OWN_ATTRIBUTES = "v1/devices/me/attributes"


class Downlink:
    def __init__(self, platform):
        self.store = platform.store
        self.journal = platform.journal

    def _reach(self, device, own_filter):
        """The session that takes this kind of downlink for the device, or None.

        Devices behind a gateway get it unasked; the gateway's own device must have
        subscribed."""
        if not self.store.is_live(device):
            return None
        if device.name is None and own_filter not in device.session.filters:
            return None
        return device.session

    def attributes(self, device, data):
        """Tells the device which shared attributes changed. True if it was there to hear."""
        session = self._reach(device, OWN_ATTRIBUTES)
        if session is None:
            return False
        if device.name is None:
            session.publish(OWN_ATTRIBUTES, data, session.filters[OWN_ATTRIBUTES])
        else:
            topic = "v1/gateway/attributes"
            message = {"device": device.alias, "data": data}
            session.publish(topic, message, session.filters.get(topic, 1))
        return True

    def resend(self, device):
        """Every RPC not yet delivered or answered goes out on each new session or
        subscription."""
        for rpc in list(device.pending.values()):
            self.rpc(device, rpc)

    def rpc(self, device, rpc):
        """One try at delivery; the RPC stays pending until answered. True if sent."""
        session = self._reach(device, RPC_FILTER)
        if session is None or rpc.delivered:
            return False
        if device.name is None:
            topic, qos = f"v1/devices/me/rpc/request/{rpc.number}", session.filters[RPC_FILTER]
            message = {"method": rpc.method, "params": rpc.params}
        else:
            topic = "v1/gateway/rpc"
            qos = session.filters.get(topic, 1)
            data = {"id": rpc.number, "method": rpc.method, "params": rpc.params}
            message = {"device": device.alias, "data": data}
        # Sent once and only once: at QoS 0, or acknowledged by the gateway's own device. For
        # devices behind it the platform does not learn of the acknowledgement.
        def delivered():
            rpc.delivered = True
            if rpc.notice:
                device.pending.pop(rpc.number, None)

        session.publish(topic, message, qos, delivered if device.name is None else None)
        rpc.sent += 1
        repeat = {"repeat": True} if rpc.sent > 1 else {}
        self.journal.write(
            "rpc-sent", device=device.name, id=rpc.number, method=rpc.method, **repeat
        )
        if qos == 0:
            delivered()
        return True

    def gateway_attributes(self, session, device, number, scope, keys):
        """One key asked gives `value`, several give `values`, none found gives
        neither. No key asked means all of both scopes, each in the form its size calls for."""
        answer = {"id": number, "device": device.alias}
        if keys:
            stores = [getattr(device, scope)]
        else:
            stores = [device.client, device.shared]
        for stored in stores:
            found = {key: stored[key] for key in keys or stored if key in stored}
            if len(found) == 1 and len(keys) < 2:
                answer["value"] = next(iter(found.values()))
            elif found:
                answer.setdefault("values", {}).update(found)
        topic = "v1/gateway/attributes/response"
        session.publish(topic, answer, session.filters.get(topic, 1))

    def device_attributes(self, session, number, asked):
        answer = {}
        for scope in ("client", "shared"):
            stored = getattr(session.own, scope)
            keys = asked.get(scope, []) if any(asked.values()) else stored
            found = {key: stored[key] for key in keys if key in stored}
            if found:
                answer[scope] = found
        qos = session.filters.get("v1/devices/me/attributes/response/+", 1)
        session.publish(f"v1/devices/me/attributes/response/{number}", answer, qos)
