"""A provider as a process of its own, and a person who signs in there."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from tests.machine import lacks

NODE_MODULES = Path(__file__).parents[2] / "node_modules"
CLIENT_SECRET = "a-secret-of-the-client-for-tests-only"
GROUPS = (
    "CN=Crisis,OU=Groups=coordinator@oeverlanden; board=official@oeverlanden; "
    "east=coordinator@bergen"
)
COORDINATOR = {"name": "Noor Vermeer", "groups": ["CN=Crisis,OU=Groups", "coffee"]}


class Provider:
    """The provider of `provider.mjs`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.issuer = self.said("listening")["issuer"]

    def said(self, event: str) -> dict[str, Any]:
        """Wait until it says this."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{") and (said := json.loads(line))["event"] == event:
                return dict(said)
        raise AssertionError("the provider ended")

    def put(self, user: str, **claims: Any) -> None:
        """Say anew who somebody is."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"user": user, "claims": claims}) + "\n")
        self._process.stdin.flush()
        self.said("done")

    def settings(self, **changes: str) -> dict[str, str]:
        """Return how an operator sets it up."""
        return {
            "CALAMITY_OIDC_ISSUER": self.issuer,
            "CALAMITY_OIDC_CLIENT_ID": "calamity",
            "CALAMITY_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "CALAMITY_OIDC_ROLES": GROUPS,
            **changes,
        }


@contextmanager
def provider_running(*public_urls: str, **given: Any) -> Iterator[Provider]:
    """Run a provider that sends people back to these addresses."""
    node = shutil.which("node")
    if node is None or not (NODE_MODULES / "oidc-provider").is_dir():
        lacks("node or the npm package oidc-provider is missing: run npm ci")
    order = {
        "secret": CLIENT_SECRET,
        "redirects": [f"{each}/sign-in/provider/return" for each in public_urls],
        "gone": [f"{each}/sign-out/return" for each in public_urls],
        "users": {"noor": COORDINATOR},
        **given,
    }
    with subprocess.Popen(
        [node, str(Path(__file__).with_name("provider.mjs")), json.dumps(order)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        try:
            yield Provider(process)
        finally:
            process.kill()


async def sign_in_there(browser: httpx.AsyncClient, address: str, user: str) -> str:
    """Go through the provider's own pages, and return the address it sends the browser back to."""
    return await _through(browser, address, {"login": user, "password": "whatever they have"})


async def sign_out_there(browser: httpx.AsyncClient, address: str) -> str:
    """Say yes on the provider's page to sign out; return the address it sends the browser to."""
    return await _through(browser, address, {"logout": "yes"})


async def _through(browser: httpx.AsyncClient, address: str, filled: dict[str, str]) -> str:
    home = re.match(r"https?://[^/]+", address)
    assert home is not None
    answer = await browser.get(address, follow_redirects=False)
    for _ in range(12):
        if answer.is_redirect:
            there = urljoin(str(answer.url), answer.headers["location"])
            if not there.startswith(home[0]):
                return there
            answer = await browser.get(there, follow_redirects=False)
            continue
        action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
        assert action is not None, answer.text[:2000]
        fields = dict(
            re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text)
        )
        fields |= {name: value for name, value in filled.items() if f'name="{name}"' in answer.text}
        there = urljoin(str(answer.url), unescape(action[1]))
        answer = await browser.post(there, data=fields, follow_redirects=False)
    raise AssertionError("the provider goes round")
