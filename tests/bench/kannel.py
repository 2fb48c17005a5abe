"""Kannel beside us, with its spool store and the same gateway.

Out, twice. From acceptance: Kannel is fed over HTTP by 64 connections of another process, and its
clock runs from the first to the last text at the gateway; ours from before the rows are
written to the last stored result. From the store: everything is stored before the clock starts
(the gateway answers nobody while Kannel is fed), so this is sending alone.
In: requests per second that are answered once they are stored. Kannel's come unsigned to its HTTP
port and go on to a sink. It writes a file for each and syncs none; we verify a signature and sync.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvloop

from tests.bench.bench_client import BODY, SENDER
from tests.bench.figures import Aim, Figure
from tests.bench.inbound import replies_in
from tests.bench.outbound import Ours
from tests.bench.stage import (
    DATABASES,
    Gateway,
    Stage,
    end,
    free_port,
    gateway,
    interleaved,
    process,
    say,
)

_CONNECTIONS = 64
_PATIENCE_SECONDS = 60
_KEY = "bench"
_MISSING = (
    "its Debian package is not installed, so there is nothing to measure beside us: "
    "apt-get install kannel"
)


def measure(stage: Stage) -> list[Figure]:
    """Return the figures of this bench; none where Kannel is not installed."""
    if not all(map(shutil.which, ("bearerbox", "smsbox"))):
        say(f"kannel: {_MISSING}")
        return []
    return [*_out(stage), *_in(stage)]


def _out(stage: Stage) -> list[Figure]:
    texts = 2_000 if stage.quick else 10_000
    figures = []
    for kind in DATABASES:
        say(f"kannel beside outbound on {kind}: {texts:,} texts")
        whole = Figure("texts out from acceptance, beside Kannel", kind, "texts/s", Aim(1.5))
        sending = Figure("texts out from the store, beside Kannel", kind, "texts/s")
        with gateway() as carrier, kannel(stage, carrier) as their:
            ours = Ours(stage.url(kind), carrier)
            uvloop.run(ours.prepare(1, 500))
            for figure in (whole, sending):
                is_whole = figure is whole

                def our_rate(ours: Ours = ours, is_whole: bool = is_whole) -> float:
                    return uvloop.run(ours.texts_per_second(texts, with_rows=is_whole))

                def their_rate(their: Kannel = their, is_whole: bool = is_whole) -> float:
                    return their.texts_out(texts, is_fed_before=not is_whole)

                for our, reference in interleaved(stage.rounds, our_rate, their_rate):
                    figure.add(our, reference)
        figures += [whole, sending]
    return figures


def _in(stage: Stage) -> list[Figure]:
    texts = 2_000 if stage.quick else 8_000
    figures = []
    for kind in DATABASES:
        say(f"kannel beside inbound on {kind}: {texts:,} texts")
        figure = Figure("durable texts in, beside Kannel", kind, "texts/s", Aim(1.0))
        with (
            gateway() as sink,
            kannel(stage, sink) as their,
            process("server", what="product", url=stage.url(kind)) as ours,
        ):
            for number in range(stage.rounds + 1):
                run = f"kannel-{kind}-{number}"
                if number % 2:
                    our, reference = replies_in(ours, texts, run)["rate"], their.texts_in(texts)
                else:
                    reference, our = their.texts_in(texts), replies_in(ours, texts, run)["rate"]
                if number:  # the first one warms everything up
                    figure.add(our, reference)
        figures.append(figure)
    return figures


class Kannel:
    """A running bearerbox with its smsbox; *carrier* takes its texts, and what comes in."""

    def __init__(self, ports: dict[str, int], carrier: Gateway) -> None:
        self._ports, self._carrier = ports, carrier

    def texts_out(self, texts: int, *, is_fed_before: bool) -> float:
        """Feed texts, *is_fed_before* any may be sent or meanwhile; return texts per second."""
        self._carrier.forget()
        path = f"/cgi-bin/sendsms?username={_KEY}&password={_KEY}&from={quote(SENDER)}"
        path = f"{path}&to=%2B3197010240{{place:04d}}&text={quote(BODY)}"
        self._carrier.hold(until_released=is_fed_before)
        self._ask("smsbox", path, texts)
        begun, early = self._carrier.first_at, 0
        if is_fed_before:
            begun, early = time.monotonic(), self._carrier.count
            self._carrier.hold(until_released=False)
        self._await(texts)
        return (texts - early) / (self._carrier.last_at - begun)

    def texts_in(self, texts: int) -> float:
        """Let texts come in, and return how many per second were taken; none may be lost."""
        self._carrier.forget()
        path = f"/mo?username={_KEY}&password={_KEY}&to={quote(SENDER)}"
        rate = self._ask("smsc", f"{path}&from=%2B3197010240{{place:04d}}&text=4", texts)
        self._await(texts)
        return rate

    def _ask(self, box: str, path: str, texts: int) -> float:
        with process(
            "load", what="get", path=path, headers={}, among=10_000, port=self._ports[box],
            connections=_CONNECTIONS, requests=texts,
        ) as found:  # fmt: skip
            return float(found["rate"])

    def _await(self, texts: int) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while self._carrier.count < texts:
            if time.monotonic() > until:
                raise RuntimeError(f"Kannel passed on {self._carrier.count} of {texts} texts")
            time.sleep(0.01)


@contextmanager
def kannel(stage: Stage, carrier: Gateway) -> Iterator[Kannel]:
    """Run Kannel with a spool of its own."""
    ports = {name: free_port() for name in ("admin", "box", "smsbox", "smsc")}
    spool, conf = stage.path("-spool"), stage.path(".conf")
    spool.mkdir()
    conf.write_text(_conf(ports, spool, carrier.origin), encoding="utf-8")
    running: list[subprocess.Popen[Any]] = []
    try:
        for box, port in (("bearerbox", ports["admin"]), ("smsbox", ports["smsbox"])):
            running.append(
                subprocess.Popen(
                    [box, "-v", "4", str(conf)],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
            )  # fmt: skip
            _await_port(port)
        yield Kannel(ports, carrier)
    finally:
        for each in reversed(running):
            end(each)


def _await_port(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("Kannel did not start; run its bearerbox by hand to see why")


def _conf(ports: dict[str, int], spool: Path, origin: str) -> str:
    # What it sends carries as much as our request does; the answer is the gateway's to us.
    send = f"{origin}/kannel/out?from=%P&to=%p&text=%a&validity=900&id=%I"
    return f"""
group = core
admin-port = {ports["admin"]}
admin-password = {_KEY}
admin-interface = 127.0.0.1
smsbox-port = {ports["box"]}
smsbox-interface = 127.0.0.1
store-type = spool
store-location = {spool}
log-level = 4

group = smsc
smsc = http
smsc-id = gateway
system-type = generic
smsc-username = {_KEY}
smsc-password = {_KEY}
port = {ports["smsc"]}
connect-allow-ip = 127.0.0.1
send-url = "{send}"
status-success-regex = "queued"
max-pending-submits = {_CONNECTIONS}

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {ports["smsbox"]}
sendsms-interface = 127.0.0.1
log-level = 4

group = sendsms-user
username = {_KEY}
password = {_KEY}

group = sms-service
keyword = default
catch-all = true
get-url = "{origin}/kannel/in?from=%p&to=%P&text=%a"
max-messages = 0
omit-empty = true
"""
