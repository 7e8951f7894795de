import json
import shutil

import pytest

from ontogeny.errors import OntogenyError
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.runs import RunShelf
from ontogeny.files import exclusive


def unfinish(folder):
    """As if the training had been stopped: a journal in place of the table."""
    (folder / "DONE").unlink()
    (folder / "metrics.parquet").unlink()
    rows = [{"step": 1, "loss": 2.0, "seconds": 1.0}, {"step": 11, "loss": 1.5, "seconds": 3.0}]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"step": 12, "lo')


def test_a_finished_run(store, folder):
    run = RunShelf(store).summary(folder)
    assert (run.id, run.status, run.step, run.steps, run.seed) == (f"karel/{folder.name}", "done", 20, 20, 0)
    assert (run.world, run.model, run.checkpoints) == ("karel", "transformer, 2 layers, 2 heads, width 16", 3)
    assert run.latest["accuracy"] == 1.0
    assert run.latest["loss"] > 0
    assert run.seconds_left is None


def test_a_run_is_running_while_a_process_holds_it(store, folder):
    unfinish(folder)
    shelf = RunShelf(store)
    with exclusive(folder):
        run = shelf.summary(folder)
        assert (run.status, run.step, run.latest) == ("running", 11, {"loss": 1.5})
        assert run.seconds_left == pytest.approx(9 * 0.2)
        assert shelf.live() == [run]
    assert shelf.summary(folder).status == "stopped"
    assert shelf.summary(folder).seconds_left is None


def test_a_failed_run_says_why(store, folder):
    unfinish(folder)
    (folder / "FAILED").write_text("the loss is nan\n")
    run = RunShelf(store).summary(folder)
    assert (run.status, run.problem) == ("failed", "the loss is nan")


@pytest.mark.parametrize("text", ["", "a: [", "training: 3", "training: {steps: x}\nseed: 0", "[]"])
def test_a_damaged_run_is_listed_with_what_is_wrong(store, folder, text):
    (folder / "config.yaml").write_text(text)
    run = RunShelf(store).summary(folder)
    assert run.status == "damaged"
    assert "config.yaml" in run.problem


def test_what_changes_is_read_again(store, folder):
    shelf = RunShelf(store)
    assert shelf.summary(folder).status == "done"
    unfinish(folder)
    assert shelf.summary(folder).status == "stopped"


def test_uses_come_from_the_records_of_seeds(store):
    uses = {run.id: run.used_by for run in RunShelf(store).all() if run.name == "toy_study"}
    assert sorted(use.seed for (use,) in uses.values()) == [0, 1, 2]
    assert {use.study for (use,) in uses.values()} == {"toy_study"}


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("..", "0" * 16),
        ("karel", "../karel"),
        ("karel/..", "0" * 16),
        ("", "0" * 16),
        ("karel", "0" * 16),
        ("a\0", "x"),
    ],
)
def test_no_name_leads_elsewhere(store, name, digest):
    with pytest.raises(MissingError, match="unknown run"):
        RunShelf(store).find(name, digest)


def test_links_are_not_followed(store, folder, tmp_path):
    outside = tmp_path / "elsewhere"
    shutil.copytree(folder, outside / folder.name)
    (store / "linked").symlink_to(outside)
    with pytest.raises(OntogenyError, match="is a link"):
        RunShelf(store).find("linked", folder.name)
    shutil.rmtree(folder / "checkpoints")
    (folder / "checkpoints").symlink_to(outside / folder.name / "checkpoints")
    runs = {run.id: run for run in RunShelf(store).all()}
    assert {runs[f"linked/{folder.name}"].status, runs[f"karel/{folder.name}"].status} == {"damaged"}
