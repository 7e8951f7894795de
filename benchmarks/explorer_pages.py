"""The explorer's page in real Chromium and a large store (200 runs): `python benchmarks/explorer_pages.py`.

Bars: the first page below 300 KB as it is sent and usable within a second; the slider repaints within 100 ms on what is
stored; a token written live takes less than 150 ms. Needs Debian's chromium and playwright.
"""

import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import uvicorn
from explorer_server import make_store
from playwright.sync_api import sync_playwright

from ontogeny.explorer.app import make_app
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.time_machine.worlds import Place

SENT = """() => performance.getEntries().filter((one) => 'transferSize' in one && !one.name.includes('/api/'))
    .reduce((sum, one) => sum + one.transferSize, 0)"""

# From the slider's event until the frame after the one in which the other step is shown.
SCRUB = """async (place) => {
    const slider = document.querySelector('input[aria-labelledby=moment]')
    const start = performance.now()
    slider.value = place
    slider.dispatchEvent(new Event('input', { bubbles: true }))
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
    if (!document.querySelector('section ol')) throw new Error('nothing was repainted')
    return performance.now() - start
}"""
EDIT = """async ([address, body]) => {
    const start = performance.now()
    const headers = { 'Content-Type': 'application/json' }
    const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) })
    const { after, control } = await answer.json()
    return (performance.now() - start) / (after.length + control.length)
}"""


@contextmanager
def serving(explorer: Explorer) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(explorer), log_level="critical", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    server.should_exit = True
    thread.join(10)


def first_page(browser: Any, home: str) -> None:
    times = []
    for _ in range(3):
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        page = context.new_page()
        start = time.perf_counter()
        page.goto(home)
        page.wait_for_selector("article h3 a")
        times.append(1000 * (time.perf_counter() - start))
        sent = page.evaluate(SENT) / 1000
        context.close()
    print(f"first page: {sent:.0f} KB sent, usable after {times[0]:.0f} ms, then {min(times[1:]):.0f} ms")


def time_machine(browser: Any, home: str, run: str) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(f"{home}#/time?run={run.removeprefix('/api/runs/')}")
    page.wait_for_selector(".solved:not(:has(.quiet))")
    times = [page.evaluate(SCRUB, place) for _ in range(2) for place in range(10)]
    print(f"slider: repainted after {median(times):.0f} ms, at most {max(times):.0f} ms")
    edit = {"step": 18, "token": 1, "feature": "heading", "shift": 1, "layer": 2}
    times = [page.evaluate(EDIT, [f"{run}/karel/edit", {**edit, "dose": dose}]) for dose in (1, 2, 3)]
    print(f"state edit: {times[0]:.0f} ms a token, then {min(times[1:]):.0f} ms")
    context.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run = make_store(Path(folder))
        explorer = Explorer(Path(folder))
        trajectory = explorer.trajectory(run.removeprefix("/api/runs/"))
        explorer.time_machine.precompute(trajectory, Place.of("test", 0), lambda done, total: None)
        explorer.warm()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with serving(explorer) as home:
            first_page(browser, home)
            time_machine(browser, home, run)
        browser.close()
        explorer.jobs.close()
