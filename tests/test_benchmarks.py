"""The frame of the benchmarks, without timing anything: rows, what is kept of them, and the page made from them."""

import importlib
import json
import os
import sys
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, ModuleType]:
    """The modules of the frame, which keep their results in a folder of this test."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    names = ("frame", "page", "run")
    found = {name: importlib.import_module(name) for name in names}
    monkeypatch.setattr(found["frame"], "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(found["page"], "PAGE", tmp_path / "performance.md")
    yield found
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def frame(modules: dict[str, ModuleType]) -> ModuleType:
    return modules["frame"]


def test_the_committed_page_is_what_the_committed_results_give(monkeypatch: pytest.MonkeyPatch, modules):
    monkeypatch.setattr(modules["frame"], "RESULTS", BENCHMARKS / "results.json")
    assert (BENCHMARKS.parent / "docs" / "performance.md").read_text() == modules["page"].page()


def test_every_committed_row_says_what_follows_from_its_numbers(frame):
    for row in json.loads((BENCHMARKS / "results.json").read_text()):
        assert tuple(row) == frame.COLUMNS
        assert row["ratio"] == frame.ratio_of(row["ours"], row["peer"], row["unit"])
        decided = row["ratio"] is not None and row["bar"] is not None
        assert row["met"] == (row["ratio"] >= row["bar"] if decided else None)
        assert row["ratio"] is not None or row["note"], row["what"]  # a row without a number says why
        assert row["machine"]
        assert row["commit"]


def test_every_comparison_is_carried_out_and_has_rows(modules):
    known = (*modules["run"].COMPARISONS, *modules["run"].BY_NAME)
    helpers = {"apart", "frame", "in_transformers", "page", "plain_loop", "run"}
    assert {path.stem for path in BENCHMARKS.glob("*.py")} - helpers == set(known)
    for name in known:
        assert "\ndef rows(quick: bool) -> Rows:" in (BENCHMARKS / f"{name}.py").read_text()


@pytest.mark.parametrize(("unit", "ratio", "met"), [("ms", 2.0, True), ("runs/s", 0.5, False)])
def test_times_should_be_low_and_rates_high(frame, unit, ratio, met):
    row = frame.row("x", 10.0, 20.0, "theirs", unit, bar=1.5)
    assert (row["ratio"], row["met"]) == (ratio, met)


def test_seconds_become_what_is_counted(frame):
    assert frame.in_unit(0.5, "ms") == 500
    assert frame.in_unit(0.5, "us", 10) == 50_000
    assert frame.in_unit(0.5, "programs/s", 10) == 20


def test_sides_take_turns_and_the_first_round_does_not_count(frame):
    called = []

    def side(name: str, seconds: list[float]):
        return lambda: called.append(name) or seconds.pop(0)

    taken = frame.alternate({"a": side("a", [99, 1, 3, 2]), "b": side("b", [99, 4, 5, 9])}, rounds=3)
    assert taken == {"a": 2, "b": 5}
    assert "".join(called) == "ababbaab"


def test_a_peer_that_fails_has_a_row_that_says_so_and_the_others_are_measured(frame):
    def missing():
        raise ModuleNotFoundError("No module named 'peer'")

    peers = [frame.Peer("missing", missing, 2.0), frame.Peer("slow", lambda: lambda: 3.0, 2.0, "equal")]
    first, second = frame.compare("x", lambda: 1.0, peers, "s", rounds=1)
    assert (first["ratio"], first["met"], first["note"]) == (
        None,
        None,
        "not measured: ModuleNotFoundError: No module named 'peer'",
    )
    assert (second["ours"], second["peer"], second["ratio"], second["met"]) == (1.0, 3.0, 3.0, True)


def test_sides_that_compute_different_things_are_not_compared(frame):
    assert frame.check_close([1.0, 2.0], [1.0, 2.5], 0.5, "values") == 0.5
    with pytest.raises(frame.UnequalError, match="differ by 1"):
        frame.check_close([1.0], [2.0], 0.5, "values")
    with pytest.raises(frame.UnequalError, match="shapes"):
        frame.check_close([1.0], [1.0, 1.0], 0.5, "values")
    with pytest.raises(frame.UnequalError):
        frame.check_close([float("nan")], [1.0], 0.5, "values")


def test_a_side_may_be_measured_in_a_process_of_its_own_with_its_own_settings_of_memory(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    apart = importlib.import_module("apart")
    side = apart.apart(partial, float, 2.5)
    assert [side(), side()] == [2.5, 2.5]
    asked = apart.apart(partial, os.getenv, "GLIBC_TUNABLES", "not set")
    with pytest.raises(RuntimeError, match=r"^$"):  # a text is taken for what was raised
        asked()
    assert "GLIBC_TUNABLES" not in os.environ
    with pytest.raises(RuntimeError, match="ZeroDivisionError: "):
        apart.apart(divmod, 1, 0)


def test_new_rows_replace_those_of_the_same_what(frame):
    old = [frame.row("a", 1, 2, "p", "s"), frame.row("a", 1, 3, "q", "s"), frame.row("b", 1, 2, "p", "s")]
    new = [frame.row("c", 1, 2, "p", "s"), frame.row("a", 5, 6, "p", "s")]
    frame.keep("all", old)
    frame.keep("all", new)
    assert frame.stored() == [new[1], old[2], new[0]]


def test_the_page_shows_each_row_and_marks_several_machines(modules, monkeypatch):
    frame, page = modules["frame"], modules["page"]
    frame.keep("a", [frame.row("speed | of a", 1234.5, 2, "p", "s", bar=1.0)])
    assert "| speed \\| of a | 1,230 | p 2 | s | 0.00162 | 1 | **no** |  |" in page.page()
    monkeypatch.setattr(frame, "machine", lambda: "another")
    frame.keep("b", [frame.row("b", 1, 2, "p", "s")])
    assert "| b [2] | 1 |" in page.page()
    assert "; [2] another, at " in page.page()


def test_a_comparison_that_crashes_leaves_its_rows_and_one_that_says_so(modules, monkeypatch, tmp_path):
    run = modules["run"]
    monkeypatch.setattr(run, "HERE", tmp_path)
    (tmp_path / "crashing.py").write_text(
        "import sys\nopen(sys.argv[sys.argv.index('--rows') + 1], 'a').write('{\"what\": \"a\"}\\n')\nsys.exit(7)\n"
    )
    first, second = run.measure("crashing", quick=True, limit=60)
    assert first == {"what": "a"}
    assert (second["what"], second["note"]) == ("crashing: the whole", "not finished: ended with exit code 7")
    (tmp_path / "hanging.py").write_text("import time\ntime.sleep(60)\n")
    assert run.measure("hanging", quick=True, limit=0.1)[0]["note"] == "not finished: stopped after 0.1 s"


def test_that_a_comparison_did_not_end_is_forgotten_once_it_does(frame):
    frame.keep(
        "slow", [frame.row(frame.the_whole("slow"), None, None, "-", "-", note="not finished: stopped after 5 s")]
    )
    frame.keep("other", [frame.row("a", 1, 2, "p", "s")])
    assert [one["what"] for one in frame.stored()] == ["slow: the whole", "a"]
    frame.keep("slow", [frame.row("b", 1, 2, "p", "s")])
    assert [one["what"] for one in frame.stored()] == ["a", "b"]
