"""The explorer's page in real Chromium and a large store (200 runs, 2,000 checkpoints), against what one will wait.

The first page below 300 KB as it is sent and usable within a second; the slider repaints within 100 ms on what is
stored; a token written live takes less than 150 ms; a curve of 100,000 points is drawn within 50 ms, and moved without
dropping frames. Needs Debian's chromium and playwright.
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
from explorer_server import RUNS, make_store
from frame import ROUNDS, Row, Rows, failed, main, row

from ontogeny.explorer.app import make_app
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.time_machine.worlds import Place
from ontogeny.files import write_atomic
from ontogeny.randomness import generator
from ontogeny.table_files import table_bytes
from ontogeny.training.journal import METRICS, to_table

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

POINTS = 100_000
FRAMES = 60
DROPPED = 1.5 * 1000 / 60
"""Milliseconds after which a frame has missed its turn of a screen with 60 a second."""

# From the key that shows the whole curve until its pixels can be read.
DRAW = """async () => {
    const plot = document.querySelector('.plot')
    const canvas = plot.querySelector('canvas').getContext('2d')
    const press = (key) => plot.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
    const frame = () => new Promise(requestAnimationFrame)
    press('+')
    await frame()
    const start = performance.now()
    press('0')
    await new Promise((done) => queueMicrotask(() => queueMicrotask(done)))
    canvas.getImageData(0, 0, 1, 1)
    return performance.now() - start
}"""
# The milliseconds between frames while the curve moves at each of them, there and back.
PAN = """async (frames) => {
    const plot = document.querySelector('.plot')
    const press = (key) => plot.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
    const frame = () => new Promise(requestAnimationFrame)
    press('0')
    press('+')
    let before = await frame()
    const taken = []
    for (let number = 0; number < frames; number++) {
        press(number % 2 ? 'ArrowLeft' : 'ArrowRight')
        const now = await frame()
        taken.push(now - before)
        before = now
    }
    return taken
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


def first_page(browser: Any, home: str, rounds: int) -> Rows:
    times = []
    for _ in range(rounds + 1):
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        page = context.new_page()
        start = time.perf_counter()
        page.goto(home)
        page.wait_for_selector("article h3 a")
        times.append(1000 * (time.perf_counter() - start))
        sent = page.evaluate(SENT) / 1000
        context.close()
    yield limited("the first page as it is sent", sent, 300, "KB")
    yield limited(
        "the first page until it is usable", median(times[1:]), 1000, "ms", f"the first time {times[0]:.0f} ms"
    )


def time_machine(browser: Any, home: str, run: str, rounds: int) -> Rows:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(f"{home}#/time?run={run.removeprefix('/api/runs/')}")
    page.wait_for_selector(".solved:not(:has(.quiet))")
    times = [page.evaluate(SCRUB, place) for _ in range(2) for place in range(10)]
    yield limited("the slider repaints", median(times), 100, "ms", f"at most {max(times):.0f} ms")
    edit = {"step": 18, "token": 1, "feature": "heading", "shift": 1, "layer": 1}
    times = [page.evaluate(EDIT, [f"{run}/karel/edit", {**edit, "dose": dose}]) for dose in range(1, rounds + 2)]
    yield limited("a token written live", median(times[1:]), 150, "ms", f"the first time {times[0]:.0f} ms")
    context.close()


def long_curve(browser: Any, home: str, run: str, rounds: int) -> Rows:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(f"{home}#/run/{run.removeprefix('/api/runs/')}")
    page.wait_for_selector(".plot canvas")
    times = [page.evaluate(DRAW) for _ in range(rounds + 1)]
    yield limited(f"a curve of {POINTS:,} points", median(times[1:]), 50, "ms", f"the first time {times[0]:.0f} ms")
    moved = [taken for _ in range(rounds + 1) for taken in page.evaluate(PAN, FRAMES)][FRAMES:]
    dropped = sum(taken > DROPPED for taken in moved)
    yield limited(
        "a frame while it is moved",
        sorted(moved)[int(0.95 * len(moved))],
        DROPPED,
        "ms",
        f"95th percentile of {len(moved)}, {dropped} dropped, the longest {max(moved):.0f} ms",
    )
    context.close()


def limited(what: str, found: float, limit: float, unit: str, note: str = "") -> Row:
    return row(f"explorer in a browser: {what}", found, limit, "limit", unit, bar=1.0, note=note)


def rows(quick: bool) -> Rows:
    try:
        from playwright.sync_api import sync_playwright

        with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            yield from _pages(browser, Path(folder), quick)
            browser.close()
    except Exception as error:  # no playwright, or no browser that it can start
        yield failed("explorer in a browser", "limit", "ms", error)


def _pages(browser: Any, store: Path, quick: bool) -> Rows:
    rounds, runs, preset = (1, 3, "smoke") if quick else (ROUNDS, RUNS, "laptop")
    run = make_store(store, runs, preset)
    long = lengthen(store, run)
    explorer = Explorer(store)
    trajectory = explorer.trajectory(run.removeprefix("/api/runs/"))
    explorer.time_machine.precompute(trajectory, Place.of("test", 0), lambda done, total: None)
    explorer.warm()
    with serving(explorer) as home:
        yield from first_page(browser, home, rounds)
        yield from time_machine(browser, home, run, rounds)
        yield from long_curve(browser, home, long, rounds)
    explorer.jobs.close()


def lengthen(store: Path, run: str) -> str:
    """A run with a loss at each of so many steps, as noisy as losses are; its address."""
    folder = store / run.removeprefix("/api/runs/")
    other = store / "long" / folder.name
    shutil.copytree(folder, other)
    noise = generator("long curve").normal(size=POINTS)
    rows = [{"step": step, "loss": 3 / (1 + step / 5000) + 0.1 * value} for step, value in enumerate(noise.tolist())]
    write_atomic(other / METRICS, table_bytes(to_table(rows)))
    return f"/api/runs/long/{folder.name}"


if __name__ == "__main__":
    main(__doc__, rows)
