import pytest

from ontogeny.explorer import run_pages
from ontogeny.explorer.runs import RunShelf


def page(store, folder, **more):
    return run_pages.page(folder, RunShelf(store).summary(folder), **{"writable": True, **more})


def test_a_run_in_full(store, folder):
    found = page(store, folder)
    assert found.config["model"]["layers"] == 2
    assert found.environment["precision"] == "fp32"
    assert [checkpoint.step for checkpoint in found.checkpoint_list] == [0, 10, 20]
    assert {metric.name: metric.points for metric in found.metrics}["loss"] == 3
    assert found.abilities.time_machine
    assert not found.abilities.resume


def test_what_is_damaged_is_left_out_and_named(store, folder):
    (folder / "environment.json").write_text("{")
    (folder / "checkpoints" / "SHA256SUMS").write_text("nonsense\n")
    found = page(store, folder)
    assert (found.environment, found.checkpoint_list) == ({}, [])
    assert "environment.json" in found.problem
    assert "SHA256SUMS" in found.problem
    assert not found.abilities.inspect


def test_measurements_are_named_by_their_metadata(store):
    (folder, *_) = (store / "toy_study").glob("?" * 16)
    (found,) = page(store, folder).measurements
    assert (found.name, found.tables) == ("sizes", ["sizes"])
    (folder / "measurements" / f"{found.id}.parquet").write_bytes(b"x")
    assert page(store, folder).measurements[0].name == "damaged"


def test_curves_keep_steps_and_values(folder):
    (loss,) = run_pages.metrics("a/b", folder, ["loss"], 100).series
    assert (loss.steps, loss.points) == ([1, 10, 20], 3)
    assert loss.values[0] > loss.values[-1]
    assert run_pages.metrics("a/b", folder, ["no such"], 100).series[0].steps == []


def test_two_runs_differ_in_their_settings(store, folder):
    other = next((store / "toy_study").glob("?" * 16))
    found = run_pages.compare(("here", folder), ("there", other))
    differences = {entry.setting: (entry.left, entry.right) for entry in found.differences}
    assert differences["training.steps"] == (20, 4)
    assert differences["world.side"] == (3, None)
    assert run_pages.compare(("here", folder), ("here", folder)).differences == []


@pytest.mark.parametrize("content", ["[1]", "x"])
def test_settings_that_are_none(store, folder, content):
    (folder / "environment.json").write_text(content)
    assert "environment.json" in page(store, folder).problem
