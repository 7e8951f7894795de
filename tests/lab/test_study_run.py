import os
from dataclasses import replace

import pytest
import yaml

import toy_study
from ontogeny.claims import Evidence
from ontogeny.errors import OntogenyError
from ontogeny.files import exclusive
from ontogeny.lab import study_run
from ontogeny.lab.executors import local
from ontogeny.lab.plans import plan_study
from ontogeny.lab.store import run_folders
from ontogeny.lab.study_run import carry_out, run_study

TOY = toy_study.study


def files(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_second_call_finds_everything_done(tmp_path, monkeypatch):
    first = run_study(TOY, tmp_path, preset="smoke", seeds=range(2), arms=["main", "wide"], workers=1)
    assert first.seeds("main") == first.seeds("wide") == [0, 1]
    before = files(tmp_path)
    monkeypatch.setattr(study_run, "run_tasks", lambda tasks, **_: pytest.fail("ran again") if tasks else None)
    second = run_study(TOY, tmp_path, preset="smoke", seeds=range(2), arms=["main", "wide"], workers=1)
    assert second.quantities.equals(first.quantities)
    assert files(tmp_path) == before


def test_seeds_and_arms_add_up(tmp_path):
    run_study(TOY, tmp_path, seeds=[0], workers=1)
    run_study(TOY, tmp_path, seeds=[2], workers=1)
    evidence = run_study(TOY, tmp_path, seeds=[0], arms=["wide"], workers=1)
    assert (evidence.seeds("main"), evidence.seeds("wide")) == ([0, 2], [0])
    assert evidence.tables["sizes"].num_rows == 3 * 2
    assert Evidence.load(tmp_path / "toy_study" / "evidence" / "laptop").record == evidence.record


def test_the_record_says_how_each_seed_came_about(tmp_path):
    evidence = run_study(TOY, tmp_path, overrides=["scale=4"], workers=1)
    (entry,) = evidence.record["seeds"]
    assert entry["criteria"] == {"size": TOY.claims[0].test}
    (run,) = entry["runs"]
    assert (tmp_path / run / "DONE").exists()
    assert {"torch", "ontogeny", "python"} <= set(entry["versions"])
    assert entry["hardware"]["cores"] >= 1
    assert evidence.record["overrides"] == ["scale=4"]
    assert evidence.record["settings"]["main"]["scale"] == 4.0


def test_two_workers_measure_what_one_does(tmp_path, monkeypatch):
    """With equally many torch threads, on which the last bits depend."""
    monkeypatch.setattr(local, "available_cores", lambda: 1)
    results = [run_study(TOY, tmp_path / str(n), preset="smoke", seeds=range(2), workers=n) for n in (1, 2)]
    assert results[0].quantities.equals(results[1].quantities)
    assert results[0].tables["sizes"].equals(results[1].tables["sizes"])


def test_arms_that_need_the_same_run_share_it(tmp_path):
    """On workers that ask for it at the same time."""
    study = replace(TOY, arms={"main": (), "scaled": ("scale=3",)})
    overrides = ["training.steps=400", "training.checkpoints.every=400"]
    evidence = run_study(study, tmp_path, arms=["main", "scaled"], overrides=overrides, workers=2)
    assert evidence.seeds("main") == evidence.seeds("scaled") == [0]
    assert len(list(run_folders(tmp_path))) == 1


def test_a_seed_that_fails_keeps_the_others(tmp_path):
    with pytest.raises(OntogenyError, match="1 of 3 failed; what finished is kept:\n  seed 1: planted trouble"):
        run_study(TOY, tmp_path, seeds=range(3), overrides=["trouble=error"], workers=1)
    (evidence,) = (tmp_path / "toy_study" / "evidence").iterdir()
    assert Evidence.load(evidence).seeds() == [0, 2]


@pytest.mark.parametrize("trouble", ["interrupt", "death"])
def test_an_interrupted_run_goes_on_where_it_was(tmp_path, monkeypatch, trouble):
    workers = 2 if trouble == "death" else 1
    with pytest.raises((KeyboardInterrupt, OntogenyError)):
        run_study(TOY, tmp_path, seeds=range(3), overrides=[f"trouble={trouble}"], workers=workers)
    plan = plan_study(TOY, tmp_path, seeds=range(3), overrides=[f"trouble={trouble}"])
    missing = [cell.seed for cell in plan.missing]
    assert missing == ([1] if trouble == "death" else [1, 2])
    assert Evidence.load(plan.evidence).seeds() == [seed for seed in range(3) if seed not in missing]
    trained = [path.parent for path in tmp_path.glob("toy_study/*/DONE")]
    before = {path: files(path / "checkpoints") for path in trained}
    monkeypatch.setattr(toy_study, "go_wrong", lambda trouble: None)
    assert carry_out(plan, workers=1).seeds() == [0, 1, 2]
    assert {path: files(path / "checkpoints") for path in trained} == before


def test_a_second_process_on_the_same_study_is_an_error(tmp_path):
    plan = plan_study(TOY, tmp_path)
    with exclusive(plan.evidence), pytest.raises(OntogenyError, match="laptop is being written by another process"):
        carry_out(plan)
    assert not plan.seeds.exists()


def test_nothing_stored_needs_more_than_plain_yaml(tmp_path):
    run_study(TOY, tmp_path, preset="smoke", workers=1)
    for path in tmp_path.rglob("*.yaml"):
        assert isinstance(yaml.safe_load(path.read_text()), dict)
    assert os.listdir(tmp_path) == ["toy_study"]
