"""A real browser on a real server, for the tests of the page."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from ontogeny.explorer.app import make_app
from ontogeny.explorer.explorer import Explorer

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE_MS = 120_000


@contextmanager
def browser() -> Iterator[Any]:
    """Debian's Chromium, without a window. Where there is none, skip; where browser tests are asked for, fail."""
    found = shutil.which("chromium")
    if found is None:
        missing = pytest.fail if os.environ.get("ONTOGENY_BROWSER") == "required" else pytest.skip
        missing("Chromium is missing, so the page is not tested: sudo apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS, timeout=PATIENCE_MS)
        yield opened
        opened.close()


@contextmanager
def serving(explorer: Explorer) -> Iterator[str]:
    """The address of a server for this explorer."""
    listening = socket.create_server(("127.0.0.1", 0))
    settings = uvicorn.Config(make_app(explorer), log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    server.should_exit = True
    thread.join(10)


class Visit:
    """One page, and whatever it does that it must not: errors, requests to other places, dialogs."""

    def __init__(self, browser: Any, home: str) -> None:
        self.home, self.wrong = home, list[str]()
        self.context = browser.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("console", lambda said: said.type == "error" and self.wrong.append(f"console: {said.text}"))
        self.page.on("dialog", lambda dialog: (self.wrong.append("a dialog"), dialog.dismiss()))
        self.page.on("request", self._requested)

    def _requested(self, request: Any) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.wrong.append(f"request to {request.url}")

    def open(self, view: str, expected: str) -> None:
        """Go to a view, and wait for what it must show."""
        self.page.goto(self.home + view, wait_until="commit")
        self.page.wait_for_selector(expected)

    def saved(self, name: str) -> bytes:
        """The file that the (first) button of this name gives."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("button", name=name).first.click()
        return Path(waiting.value.path()).read_bytes()

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA in light, and in the colours in dark; nothing where it is missing."""
        if not AXE.is_file():
            return []
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
        return [
            *self._violations("light", {"runOnly": RULES}),
            *self._violations("dark", {"runOnly": {"type": "rule", "values": ["color-contrast"]}}),
        ]

    def _violations(self, scheme: str, options: dict[str, Any]) -> list[str]:
        self.page.emulate_media(color_scheme=scheme)
        options = {**options, "resultTypes": ["violations"]}
        answer = self.page.evaluate("options => axe.run(options)", options)
        return [
            f"{scheme}: {violation['id']}: {node['html'][:160]}"
            for violation in answer["violations"]
            for node in violation["nodes"][:3]
        ]
