"""The built page in a real browser: nothing may fail, leave the machine, or be out of reach of a screen reader."""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import toy_study
from explorer import browsing
from explorer.browsing import Visit
from explorer.own_folders import write_model, write_tokenizer
from ontogeny.explorer.bundle import bundle
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.films import as_sent, film, run_address
from ontogeny.explorer.notebook import shown
from ontogeny.explorer.offline import report_page
from ontogeny.explorer.studies import StudyShelf
from ontogeny.explorer.time_machine.worlds import Place
from ontogeny.files import exclusive, write_atomic
from ontogeny.lab.lab import Lab
from ontogeny.models import Transformer
from ontogeny.seals import seal_text
from ontogeny.studies.induction.settings import PRESETS
from ontogeny.training import Spacing, Training
from ontogeny.worlds import InContext, Inputs

pytestmark = pytest.mark.slow

INDUCTION = PRESETS["smoke"]
FUNCTIONS = Transformer(layers=1, width=8, heads=2, mlp=8)
SHORT = Training(steps=4, batch=8, checkpoints=Spacing(every=2, logarithmic=False))
NAME = "<img src=x onerror=alert(1)>"
HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browsing.browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def store(trained: Path, measured: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One Karel run that is done, and copies of it that run, have failed, and are damaged; the toy study's evidence."""
    place = tmp_path_factory.mktemp("page") / "runs"
    shutil.copytree(trained, place)
    shutil.copytree(measured, place, dirs_exist_ok=True)
    run = next((place / "karel").iterdir())
    running, failed, damaged = (place / name / run.name for name in ("running", NAME, "damaged"))
    for copy in (running, failed, damaged):
        shutil.copytree(run, copy)
        (copy / "DONE").unlink()
    write_atomic(failed / "FAILED", seal_text(f"{HOSTILE} diverged\n"))
    (damaged / "config.yaml").write_text("- nothing")
    with exclusive(running):
        yield place


@pytest.fixture(scope="module")
def folder(store: Path) -> Path:
    """The Karel run that is done."""
    return next((store / "karel").iterdir())


@pytest.fixture(scope="module")
def streams(store: Path) -> str:
    """A run that reads streams of tokens."""
    made = Lab(store).train("induction", INDUCTION.model, INDUCTION.segments, SHORT, 0)
    return f"induction/{made.folder.name}"


@pytest.fixture(scope="module")
def functions(store: Path) -> dict[int, str]:
    """Runs that learn functions, by how many inputs these have."""
    worlds = {size: InContext(inputs=Inputs(features=size), examples=4, shown="interleaved") for size in (1, 2)}
    runs = {size: Lab(store).train(f"functions_{size}", FUNCTIONS, world, SHORT, 0) for size, world in worlds.items()}
    return {size: f"functions_{size}/{run.folder.name}" for size, run in runs.items()}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A model that is read by text, and one that is read by token numbers and has more heads than are shown at once."""
    place = tmp_path_factory.mktemp("own")
    words, numbers = write_model(place / "words"), write_model(place / "numbers", layers=13, heads=4)
    write_tokenizer(words)
    return [words, numbers]


@pytest.fixture(scope="module")
def explorer(store: Path, folder: Path, own: list[Path]) -> Iterator[Explorer]:
    """With a film of the first specification, so that the page starts no computation by itself."""
    made = Explorer(store, own=own)
    made.time_machine.precompute(made.trajectory(f"karel/{folder.name}"), Place.of("test", 0), lambda done, total: None)
    yield made
    made.jobs.close()


@pytest.fixture(scope="module")
def home(explorer: Explorer) -> Iterator[str]:
    with browsing.serving(explorer) as address:
        yield address


@pytest.fixture
def visit(chromium: Any, home: str) -> Iterator[Visit]:
    made = Visit(chromium, home)
    yield made
    made.context.close()
    assert made.wrong == []


@pytest.mark.skipif(not browsing.AXE.is_file(), reason="axe-core is missing: npm ci in web/")
def test_accessibility_is_held_against_axe(visit):
    visit.page.set_content("<p>no language, no title, no landmark</p>")
    assert any("html-has-lang" in violation for violation in visit.violations())


def test_every_page_can_be_read_by_everyone(visit, folder, streams, functions):
    run = f"karel/{folder.name}"
    views = {
        "": "article",
        "#/ledger?open=toy_study:size:laptop": ".detail",
        "#/study/toy_study?numbers=quantities": "[aria-label='Table quantities'] td",
        f"#/time?run={run}&beside=0&edit=1": ".editor",
        "#/runs": "tbody tr",
        f"#/run/{run}": "canvas",
        f"#/compare?left={run}&right=running/{folder.name}": "canvas",
        f"#/time?run={streams}": ".heads canvas",
        f"#/time?run={functions[1]}": "figure svg[role=img]",
        f"#/time?run={functions[2]}": "figure canvas",
        f"#/inside?run={run}": ".heads canvas",
        "#/inside?model=words": ".heads canvas",
        "#/inside?model=numbers": ".heads canvas",
        "#/nowhere": "text=There is no such page",
    }
    found = []
    for view, expected in views.items():
        visit.open(view, expected)
        found += [f"{view} {violation}" for violation in visit.violations()]
    assert found == []


def test_runs_that_run_failed_or_are_damaged_are_shown_as_such_and_names_are_text(visit, folder):
    visit.open("#/runs", "tbody tr")
    rows = {row.split("\n")[0]: row for row in visit.page.locator("tbody tr").all_inner_texts()}
    found = {name: re.search(r"\b(done|running|stopped|failed|damaged)\b", row) for name, row in rows.items()}
    states = {name.strip().partition("/")[0]: one and one[0] for name, one in found.items()}
    told = {"karel": "done", "running": "running", NAME: "failed", "damaged": "damaged", "toy_study": "done"}
    assert told.items() <= states.items()
    assert visit.page.get_by_text(f"{HOSTILE} diverged").count() == 1
    visit.open(f"#/run/{quote(NAME)}/{folder.name}", f"h1:has-text('{NAME}')")
    assert visit.page.get_by_role("alert").inner_text() == f"{HOSTILE} diverged"
    visit.open(f"#/run/damaged/{folder.name}", "text=does not describe a run")
    assert visit.page.locator("img").count() == 0


def test_three_clicks_lead_to_a_program_scrubbed_through_training_and_one_more_edits_it(visit, home, chromium):
    visit.open("", "article")
    page = visit.page
    page.get_by_role("link", name="Time machine").click()
    slider = page.get_by_label("Training time")
    page.wait_for_selector("section[aria-label='Step 20'] ol")
    assert slider.get_attribute("aria-valuetext") == "step 20 of 20"
    programs = {20: page.locator("section ol").inner_text()}
    box = slider.bounding_box()
    for click, step in ((0.02, 0), (0.5, 10)):
        page.mouse.click(box["x"] + click * box["width"], box["y"] + box["height"] / 2)
        page.wait_for_selector(f"section[aria-label='Step {step}'] ol")
        programs[step] = page.locator("section ol").inner_text()
    assert len(set(programs.values())) > 1
    page.locator(".handle").last.click()
    page.wait_for_selector(".result dl")
    assert "edit=1" in page.url
    page.get_by_role("button", name="adversarial").click()
    page.wait_for_url("**meaning=map3**")

    other = Visit(chromium, home)
    other.open(page.url.removeprefix(home), "section[aria-label='Step 10'] ol")
    assert other.page.get_by_role("button", name="adversarial").get_attribute("aria-pressed") == "true"
    assert other.page.locator("section ol").inner_text() == page.locator("section ol").inner_text()
    other.context.close()
    assert other.wrong == []


def test_the_keyboard_scrubs_too(visit):
    visit.open("#/time", "section[aria-label='Step 20'] ol")
    visit.page.get_by_label("Training time").focus()
    visit.page.keyboard.press("Home")
    visit.page.wait_for_selector("section[aria-label='Step 0'] ol")
    visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_selector("section[aria-label='Step 10'] ol")


def test_two_browsers_at_once_see_the_same_film_being_made(visit, home, chromium):
    view = "#/time?index=1"
    other = Visit(chromium, home)
    visit.open(view, "section[aria-label='Step 20']")
    other.open(view, "section[aria-label='Step 20']")
    films = []
    for page in (visit.page, other.page):
        page.wait_for_selector(".solved:not(:has(.quiet))")
        films.append(page.locator("section ol").inner_text())
    assert films[0] == films[1]
    other.context.close()
    assert other.wrong == []


def test_the_grid_stands_on_the_first_screen_of_a_laptop(visit):
    visit.open("#/time", "section[aria-label='Step 20'] .large svg")
    box = visit.page.locator("section[aria-label='Step 20'] .large svg").bounding_box()
    assert box["y"] + box["height"] <= 768


def test_a_model_of_ones_own_is_read_by_text_and_a_head_is_switched_off(visit):
    visit.open("#/inside", ".heads canvas")
    page = visit.page
    page.get_by_label("Text").fill("the cat sat on the mat")
    page.wait_for_selector(".expected tbody tr:nth-child(6):last-child")
    assert page.locator(".expected tbody th").all_inner_texts() == ["the", "cat", "sat", "on", "the", "mat"]
    assert "text=the+cat" in page.url
    page.get_by_role("button", name="Layer 2, head 1: ablate").click()
    page.wait_for_selector("th:has-text('without')")
    assert "without=1.0" in page.url
    page.get_by_role("combobox", name="Model").select_option("numbers")
    page.wait_for_selector("text=the folder holds no tokenizer.json")
    page.get_by_label("Token numbers, 0 to 11").fill("3 4 99")
    assert page.get_by_role("alert").inner_text() == "Expected numbers from 0 to 11, given 99."
    page.get_by_label("Token numbers, 0 to 11").fill("3 4 3 4")
    page.wait_for_selector(".single .head")
    assert page.locator(".single .head").count() == 4
    page.get_by_role("button", name="Layer after").click()
    page.wait_for_selector("figure[aria-label='Layer 2, head 1']")


def test_heads_of_a_stream_are_scored_over_training_and_followed(visit, streams):
    visit.open(f"#/time?run={streams}", "[aria-label='previous token score by head and checkpoint']")
    page = visit.page
    page.get_by_role("button", name="prefix matching").click()
    page.wait_for_selector("[aria-label='prefix matching score by head and checkpoint']")
    strip = page.get_by_role("list", name="Attention of layer 1, head 1 over training")
    strip.locator("canvas").nth(2).wait_for()
    strip.get_by_role("button", name="Step 2").click()
    page.wait_for_selector("h2:has-text('At step 2')")
    page.wait_for_selector(".heads canvas")
    page.get_by_role("button", name="Layer 2, head 2: show").click()
    page.wait_for_selector("h2:has-text('Head 2.2')")
    page.get_by_role("button", name="Layer 2, head 2: ablate").click()
    page.wait_for_selector("th:has-text('without')")
    assert all(part in page.url for part in ("meter=prefix_matching", "step=2", "layer=1", "head=1", "without=1.1"))


def test_functions_are_fitted_as_examples_arrive(visit, functions):
    visit.open(f"#/time?run={functions[1]}", "figure svg[role=img]")
    page = visit.page
    page.get_by_label("Examples seen").focus()
    page.keyboard.press("Home")
    page.wait_for_selector("figure[aria-label='The function, after 0 examples']")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("figure[aria-label='The function, after 1 example']")
    told = page.locator("figure svg[role=img]").first.get_attribute("aria-label")
    page.get_by_label("Training time").focus()
    page.keyboard.press("Home")
    page.wait_for_function("told => document.querySelector('figure svg[role=img]').ariaLabel !== told", arg=told)
    assert "seen=1" in page.url
    assert "step=0" in page.url
    assert visit.saved("Download numbers as CSV: The function").startswith(b"x,function,model,least squares,ridge\r\n")
    visit.open(f"#/time?run={functions[2]}", "figure[aria-label='Prediction, for each example more'] canvas")


def test_a_stopped_run_is_resumed_from_the_list(visit, store, folder):
    stopped = store / "stopped" / folder.name
    shutil.copytree(folder, stopped)
    (stopped / "DONE").unlink()
    visit.open("#/runs", "dl[aria-label=System] meter")
    visit.page.get_by_role("button", name=f"Resume stopped/{folder.name}").click()
    visit.page.locator("tr:has(a:text('stopped/')):has-text('done')").wait_for()
    assert (stopped / "DONE").exists()
    shutil.rmtree(stopped)


def test_a_narrow_screen_scrolls_downwards_only_and_names_what_a_claim_shows(visit):
    page = visit.page
    page.set_viewport_size({"width": 390, "height": 800})
    for view, expected in (
        ("#/", ".card"),
        ("#/study/toy_study", "text=Do it again"),
        ("#/inside", "select"),
        ("#/ledger", "table.claims td"),
    ):
        visit.open(view, expected)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, view
    before = "cell => getComputedStyle(cell, '::before').content"
    labels = page.eval_on_selector_all("table.claims td", f"cells => cells.map({before})")
    assert labels == ['"published "', '"measured "', '"scale "', '"seeds "', '"verdict "', '"sham "']


def test_a_store_of_other_models_says_what_can_be_opened(chromium, store, tmp_path):
    world = InContext(inputs=Inputs(features=1), examples=4, shown="interleaved")
    Lab(tmp_path).train("functions", FUNCTIONS, world, SHORT, 0)
    with browsing.serving(Explorer(tmp_path)) as home:
        visit = Visit(chromium, home)
        visit.open("#/inside", "text=None of these runs can be opened here")
        assert visit.page.get_by_text("transformers that read tokens").is_visible()
        visit.context.close()


def test_the_ledger_is_exported_as_it_is_shown(visit):
    visit.open("#/ledger", "tbody tr")
    rows = json.loads(visit.saved("Export JSON"))
    assert [row["claim"] for row in rows] == ["size"]
    (line,) = csv.DictReader(visit.saved("Export CSV").decode().splitlines())
    assert (line["claim"], line["verdict"]) == ("size", rows[0]["verdict"])


def test_a_figure_is_saved_as_svg_and_png(visit):
    visit.open("#/study/toy_study", "figure svg[role=img]")
    assert visit.saved("Download as SVG").startswith(b"<svg")
    assert visit.saved("Download as PNG").startswith(b"\x89PNG")


@pytest.mark.usefixtures("unwritable")
def test_a_store_that_cannot_be_written_is_looked_at_all_the_same(visit):
    visit.open("#/runs", "text=read-only: nothing can be started here")
    visit.open("#/time", "section[aria-label='Step 20'] ol")


def test_an_empty_store_says_what_to_do(chromium, tmp_path):
    explorer = Explorer(tmp_path / "nothing")
    with browsing.serving(explorer) as home:
        visit = Visit(chromium, home)
        for view in ("#/", "#/runs", "#/time", "#/inside"):
            visit.open(view, "code:has-text('ontogeny run emergent_semantics --preset smoke')")
        visit.context.close()
    assert visit.wrong == []


def test_a_report_opens_from_disk(chromium, store, tmp_path):
    path = tmp_path / "report.html"
    write_atomic(path, report_page(bundle("toy_study", store)).encode())
    visit = Visit(chromium, path.as_uri())
    visit.open("", "figure svg[role=img]")
    visit.page.get_by_role("button", name="quantities").click()
    visit.page.wait_for_selector("[aria-label='Table quantities'] td")
    assert visit.violations() == []
    visit.context.close()
    assert visit.wrong == []


def test_a_report_carries_streams_and_functions_through_training(
    chromium, explorer, store, streams, functions, tmp_path
):
    content = bundle("toy_study", store)
    content["films"] = [streams, functions[1], functions[2]]
    for run in content["films"]:
        found = film(explorer, explorer.trajectory(run), 1_000_000, compute=True)
        content["responses"] |= found | {run_address(run): as_sent(explorer.run_page(*run.split("/")))}
        content["responses"][f"{run_address(run)}/metrics?points=1000"] = {"series": []}
    path = tmp_path / "films.html"
    write_atomic(path, report_page(content).encode())
    visit = Visit(chromium, path.as_uri())
    visit.open("", "figure svg[role=img]")
    page, found = visit.page, []
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Time machine").click()
    page.wait_for_selector(".heads canvas")
    found += visit.violations()
    page.get_by_label("Training time").focus()
    page.keyboard.press("Home")
    page.wait_for_selector("h2:has-text('At step 0')")
    page.get_by_role("button", name="Layer 2, head 2: show").click()
    page.wait_for_selector("figure[aria-label='Layer 2, head 2']")
    for run, expected in ((functions[1], "figure svg[role=img]"), (functions[2], "figure canvas")):
        page.get_by_role("combobox", name="Run").select_option(run)
        page.wait_for_selector(expected)
        page.get_by_role("spinbutton", name="Function").fill("3")
        page.keyboard.press("Tab")
        page.wait_for_url("**index=3**")
        page.wait_for_selector(expected)
        found += visit.violations()
    assert page.get_by_role("alert").count() == 0
    assert found == []
    visit.context.close()
    assert visit.wrong == []


def test_a_notebook_shows_the_page_in_a_frame(chromium, store, tmp_path):
    path = tmp_path / "cell.html"
    rows = [row.model_dump() for row in StudyShelf(store).ledger(toy_study.study)]
    path.write_text(f"<!doctype html><title>A cell</title>{shown('toy_study', store, 'laptop', rows)['text/html']}")
    visit = Visit(chromium, path.as_uri())
    visit.open("", "iframe")
    frame = visit.page.frame_locator("iframe")
    frame.locator("figure svg[role=img]").wait_for()
    frame.get_by_role("button", name="Weights have a size.").click()
    frame.locator(".detail").wait_for()
    visit.context.close()
    assert visit.wrong == []
