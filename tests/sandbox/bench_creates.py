"""How many creates per second one sandbox process takes, each committed before its 201.

Run: python tests/sandbox/bench_creates.py
"""

import asyncio
import base64
import multiprocessing
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from sandbox_stage import SENDER, free_port

from calamity.sandbox.server import serve
from calamity.sandbox.settings import SandboxSettings

CREATES = 5000


def run_sandbox(settings: SandboxSettings, port: int) -> None:
    asyncio.run(serve(settings, "127.0.0.1", port))


async def send(settings: SandboxSettings, port: int, first: int, count: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    account = settings.account_sid
    key = base64.b64encode(f"{account}:{settings.auth_token}".encode()).decode()
    for number in range(first, first + count):
        form = {"To": f"+31970102{40000 + number % 10000}", "From": SENDER, "Body": "Kunt u komen?"}
        body = urlencode(form).encode()
        head = (
            f"POST /2010-04-01/Accounts/{account}/Messages.json HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Basic {key}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b" 201 " in answer[:20], answer
        await reader.readexactly(int(answer.split(b"content-length: ")[1].split(b"\r\n")[0]))
    writer.close()


async def measure(settings: SandboxSettings, port: int) -> None:
    for connections in (1, 10, 50):
        share = CREATES // connections
        began = time.perf_counter()
        await asyncio.gather(*(send(settings, port, n * share, share) for n in range(connections)))
        seconds = time.perf_counter() - began
        print(f"{connections:3} connections: {share * connections / seconds:6.0f} creates/s")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "sandbox.db")
        settings = SandboxSettings(database=path, senders={SENDER: 100_000.0})
        port = free_port()
        process = multiprocessing.get_context("spawn").Process(
            target=run_sandbox, args=(settings, port)
        )
        process.start()
        time.sleep(2)
        try:
            asyncio.run(measure(settings, port))
        finally:
            process.terminate()
            process.join()


if __name__ == "__main__":
    main()
