#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# A connector in Python, standard library only: serial-connector.py PORT [BAUD] <>down
import contextlib, json, os, select, signal, subprocess, sys, time

def say(**record):
    print(json.dumps(record), flush=True)

def leave(status, reason):
    say(event="disconnect", port=path, reason=reason)
    sys.exit(status)

UP = ("connect", "disconnect", "rpc-reply", "attributes-request", "claim")
path, baud, part, start, last, rpc, until, skip = *(sys.argv + ["9600"])[1:3], b"", 0, 0, {}, 0, 0
subprocess.call(["stty", "-F", path, baud, "raw", "-echo", "clocal"]) and sys.exit(66)
port, stdin = os.open(path, os.O_RDWR | os.O_NOCTTY), open(0, "rb", buffering=0)
inputs = [port] if stdin.isatty() or stdin.seekable() else [port, stdin]  # pipe, FIFO or socket
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.signal(signal.SIGTERM, lambda *_: leave(0, "stopped"))
say(event="connect", port=path)
while True:
    patience = max(0, until - time.monotonic()) if rpc else None
    ready = select.select([port] if rpc else inputs, [], [], patience)[0]
    if port in ready:
        start, chunk = start if part else time.time_ns() // 1000000, b""
        with contextlib.suppress(OSError):
            chunk = os.read(port, 4096)
        *lines, part = (part + (chunk or leave(66, "port gone"))).split(b"\n")
        for data in (line + b"\n" for line in lines):  # news, or the answer to the last command
            last, hexed = max(start, last + 1), not data.isascii()  # no stamp twice
            text = {"data": data.hex(), "encoding": "hex"} if hexed else {"data": data.decode()}
            say(ts=last, source="serial", port=path, **text, **({} if skip else rpc))
            start, rpc, skip = time.time_ns() // 1000000, rpc if skip else {}, False
    elif stdin in ready:  # only while the port is silent: what begins after this is the answer
        line = stdin.readline() or inputs.remove(stdin) or b"{}"
        with contextlib.suppress(AttributeError, KeyError, TypeError, ValueError):  # not for us
            order = json.loads(line)
            if order.get("event") in UP:  # on its way up
                say(**order)
            send, hexed, skip = order["send"], order.get("encoding") == "hex", part != b""
            os.write(port, bytes.fromhex(send) if hexed else send.encode())
            rpc = {"rpc": order["rpc"]} if "rpc" in order else {}
            until = time.monotonic() + order.get("answer", {"timeout": 0})["timeout"] / 1000
            rpc = rpc if "answer" in order else rpc and say(**rpc, sent=True) or {}
    else:
        say(**rpc, error="timeout")
        rpc = {}
