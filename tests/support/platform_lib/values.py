# SPDX-License-Identifier: Apache-2.0
"""JSON as the platform reads it, and the type each value is stored with."""

import json
import math
import re
from decimal import Decimal, InvalidOperation

MAX_DECIMALS = 16
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1
MAX_NAME = 255
MAX_DIGITS = 10_000

LOOKS_LIKE_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+", re.ASCII)
WHOLE = re.compile(r"[+-]?[0-9]+", re.ASCII)
LOOKS_LIKE_HTML = re.compile(r"<[A-Za-z/!?]")


class NotJson(ValueError):
    """The payload cannot be parsed at all."""


class WrongShape(ValueError):
    """Parsed, but not what the topic asks for."""


class WrongTime(ValueError):
    """A `ts` that is not a number."""


class OddNumber(float):
    """A number whose text matters for its stored type: with an exponent, or very long.
    It stays a float so that it is a number again inside a JSON value."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


def _parse_float(text):
    point = text.find(".")
    if point < 0 or "e" in text or "E" in text or len(text) - point - 1 > MAX_DECIMALS:
        return OddNumber(text)
    number = float(text)
    # Adding zero loses the sign of -0.0, as the server's decimal arithmetic does.
    return number + 0.0 if math.isfinite(number) else OddNumber(text)


# A bare NaN or Infinity is no JSON; the server's lenient parser takes it for text.
_decode = json.JSONDecoder(parse_float=_parse_float, parse_constant=str).decode


def parse(payload):
    """Strict where the server is lenient (quotes, comments): what only the server's parser
    forgives must not reach it."""
    try:
        return _decode(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotJson(f"not JSON: {error}") from None


def _from_text(text):
    """A numeric text under the server's three rules: LONG, DOUBLE, or digits as STRING."""
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    if abs(exponent) > MAX_DIGITS:
        raise OverflowError
    simple = "." in text and "e" not in text and "E" not in text
    if not simple and (exponent >= 0 or number == number.to_integral_value()):
        if LONG_MIN <= int(number) <= LONG_MAX:
            return int(number)
        return format(number.to_integral_value(), "f")
    if -exponent <= MAX_DECIMALS:
        return float(number) + 0.0
    return format(number, "f")


def typed(values):
    """The stored form of {key: value}: null is dropped, text that looks like a number is one."""
    stored = {}
    for key, value in values.items():
        kind = type(value)
        if kind is float or kind is bool or kind is dict or kind is list:
            stored[key] = value
        elif kind is int:
            stored[key] = value if LONG_MIN <= value <= LONG_MAX else str(value)
        elif kind is str:
            stored[key] = _from_text(value) if LOOKS_LIKE_NUMBER.fullmatch(value) else value
        elif kind is OddNumber:
            try:
                stored[key] = _from_text(value.text)
            except (InvalidOperation, OverflowError, ValueError):
                raise WrongShape(f"number out of range: {key}") from None
    return stored


def as_long(value, name):
    """Gson's getAsLong: any number with its fraction cut, or whole digits in a string."""
    if isinstance(value, float) and math.isfinite(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and WHOLE.fullmatch(value):
        return int(value)
    raise WrongShape(f"{name} is not a number")


def as_text(value, name):
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise WrongShape(f"{name} is not a string")


def entry(element, now, metadata_allowed):
    """(ts, stored values, metadata or None) of one telemetry entry.

    Only `ts` and `values` together make a timestamped entry; one of them alone is a
    telemetry key like any other."""
    if not isinstance(element, dict):
        raise WrongShape("telemetry entry is not an object")
    metadata = None
    if metadata_allowed and "metadata" in element:
        metadata = _metadata(element["metadata"])
        element = {key: value for key, value in element.items() if key != "metadata"}
    if "ts" in element and "values" in element:
        try:
            ts = as_long(element["ts"], "ts")
        except WrongShape as error:
            raise WrongTime(str(error)) from None
        if not isinstance(element["values"], dict):
            raise WrongShape("values is not an object")
        return ts, typed(element["values"]), metadata
    return now, typed(element), metadata


def _metadata(element):
    if not isinstance(element, dict):
        raise WrongShape("metadata is not an object")
    return {
        "connector": as_text(element.get("connector"), "metadata connector"),
        "receivedTs": as_long(element.get("receivedTs"), "metadata receivedTs"),
        "publishedTs": as_long(element.get("publishedTs"), "metadata publishedTs"),
    }


def name_fault(name):
    """Why the platform will not store under this key or device name, or None."""
    if not name.strip():
        return "blank"
    if len(name) > MAX_NAME:
        return f"longer than {MAX_NAME} characters"
    if LOOKS_LIKE_HTML.search(name):
        return "contains HTML"
    return None
