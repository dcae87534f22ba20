# SPDX-License-Identifier: Apache-2.0
"""Over-the-air images: their shared attributes, and their bytes by chunks."""

import hashlib
import zlib

REQUEST = ("v2/fw/request/", "v2/sw/request/")


class Firmware:
    """The image of the gateway's own device."""

    def __init__(self, platform):
        self.platform = platform
        self.image = None
        self.sizes = {}  # (session, request) -> chunk size: later requests may leave it out
        self.cut = None  # this many chunks more, then the connection ends

    def set(self, device, path, title, version, algorithm="SHA256", checksum=None):
        with open(path, "rb") as file:
            self.image = file.read()
        attributes = {
            "fw_title": title,
            "fw_version": version,
            "fw_size": len(self.image),
            "fw_checksum": checksum or digest(self.image, algorithm),
            "fw_checksum_algorithm": algorithm,
        }
        device.shared.update(attributes)
        return self.platform.downlink.attributes(device, attributes)

    def publish(self, session, topic, payload, message):
        """True if the message was for us."""
        if not topic.startswith(REQUEST):
            return False
        message.acknowledge()
        self._send(session, topic, payload)
        return True

    def _send(self, session, topic, payload):
        parts = topic.split("/")
        if len(parts) != 6 or parts[4] != "chunk" or not parts[5].isdigit():
            return self.fail(session, "NOT_FOUND")
        request, chunk = parts[3], int(parts[5])
        if payload:
            self.sizes[session, request] = int(payload)
        size = self.sizes.get((session, request), 0)
        if self.image is None:
            return self.fail(session, "NOT_FOUND")
        if size > self.platform.max_payload:
            return self.fail(session, "PAYLOAD_TOO_LARGE")
        data = self.image[chunk * size:(chunk + 1) * size] if size else self.image
        self.platform.journal.write("firmware", request=request, chunk=chunk, bytes=len(data))
        if self.cut is not None:
            self.cut -= 1
            if self.cut < 0:
                self.cut = None
                return session.drop("cut in the middle of an image")
        session.publish_bytes(f"v2/{parts[1]}/response/{request}/chunk/{chunk}", data, 1)
        return None

    @staticmethod
    def fail(session, text):
        session.publish_bytes("v2/fw/error", text.encode(), 1)
        session.close(0x83, f"firmware: {text}")


def digest(image, algorithm):
    if algorithm == "CRC32":
        return f"{zlib.crc32(image):08x}"
    return hashlib.new(algorithm.lower(), image).hexdigest()
