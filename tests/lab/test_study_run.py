import os
import shutil
from dataclasses import replace

import pytest
import yaml

import toy_study
from ontogeny.claims import Above, Evidence, moved_criteria
from ontogeny.errors import DamagedFileError, OntogenyError, UsageError
from ontogeny.files import exclusive
from ontogeny.lab import study_run
from ontogeny.lab.executors import local
from ontogeny.lab.study_run import carry_out, outdated, plan_study, run_study

TOY = toy_study.study


def files(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_what_does_not_exist_is_named_with_the_nearest(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'laptop'"):
        plan_study(TOY, tmp_path, preset="labtop")
    with pytest.raises(UsageError, match="arm of toy_study 'wid'; did you mean 'wide'"):
        plan_study(TOY, tmp_path, arms=["main", "wid"])
    with pytest.raises(UsageError, match="did you mean 'steps'"):
        plan_study(TOY, tmp_path, overrides=["training.step=3"])
    with pytest.raises(UsageError, match="less than or equal to 10, given 11"):
        plan_study(TOY, tmp_path, overrides=["scale=11"])
    with pytest.raises(UsageError, match="from 0 on"):
        plan_study(TOY, tmp_path, seeds=[-1])
    with pytest.raises(UsageError, match="one or more"):
        plan_study(TOY, tmp_path, seeds=[])
    assert list(tmp_path.iterdir()) == []


def test_an_arm_keeps_what_its_name_says(tmp_path):
    plan = plan_study(TOY, tmp_path, arms=["main", "wide"], overrides=["model.width=32", "scale=3"])
    main, wide = plan.cells
    assert (main.settings.model.width, main.settings.scale) == (32, 3.0)
    assert (wide.settings.model.width, wide.settings.scale) == (16, 3.0)
    assert (main.label, wide.label) == ("seed 0", "wide, seed 0")


def test_changed_settings_have_evidence_of_their_own(tmp_path):
    plain, same = plan_study(TOY, tmp_path), plan_study(TOY, tmp_path, overrides=["scale=2.0"])
    changed, other = (plan_study(TOY, tmp_path, overrides=[f"scale={scale}"]) for scale in (3, 4))
    assert (plain.preset, same.preset) == ("laptop", "laptop")
    assert changed.preset.startswith("laptop+")
    assert len({plain.evidence, changed.evidence, other.evidence}) == 3


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


def test_damaged_evidence_is_gathered_again(tmp_path):
    whole = run_study(TOY, tmp_path, preset="smoke", workers=1)
    folder = tmp_path / "toy_study" / "evidence" / "smoke"
    (folder / "quantities.csv").write_text("altered")
    with pytest.raises(DamagedFileError, match=r"quantities\.csv"):
        Evidence.load(folder)
    assert run_study(TOY, tmp_path, preset="smoke", workers=1).quantities.equals(whole.quantities)
    shutil.rmtree(folder)
    assert run_study(TOY, tmp_path, preset="smoke", workers=1).quantities.equals(whole.quantities)


@pytest.mark.parametrize("file", ["quantities.csv", "record.yaml", "tables/sizes.parquet"])
def test_a_damaged_seed_is_named_with_what_to_do(tmp_path, file):
    run_study(TOY, tmp_path, preset="smoke", workers=1)
    (seed,) = (tmp_path / "toy_study" / "seeds").iterdir()
    (seed / file).write_bytes(b"{]")
    with pytest.raises(DamagedFileError, match=rf"(?s){file}.*delete {seed}"):
        run_study(TOY, tmp_path, preset="smoke", workers=1)
    shutil.rmtree(seed)
    assert run_study(TOY, tmp_path, preset="smoke", workers=1).seeds() == [0]


def test_seeds_of_other_settings_are_left_out_and_named(tmp_path):
    run_study(TOY, tmp_path, seeds=[0, 1], workers=1)
    changed = replace(TOY, settings={**TOY.settings, "laptop": toy_study.Settings(scale=5.0)})
    assert outdated(plan_study(TOY, tmp_path)) == []
    plan = plan_study(changed, tmp_path, seeds=[0])
    assert outdated(plan) == ["seed 0", "seed 1"]
    evidence = carry_out(plan, workers=1)
    assert evidence.seeds() == [0]
    assert outdated(plan) == ["seed 1"]


def test_another_version_of_the_study_measures_anew_but_judging_does_not(tmp_path):
    package = tmp_path / "my_study"
    package.mkdir()
    source = "def measure(lab, settings, arm, seed): ...\n"
    for name in ("__init__.py", "claims.py", "figures.py"):
        (package / name).write_text(source)
    import importlib
    import sys

    sys.path.insert(0, str(tmp_path))
    try:
        measure = importlib.import_module("my_study").measure
        study = replace(TOY, measure=measure)
        first = plan_study(study, tmp_path).cells[0].folder
        (package / "claims.py").write_text("# another criterion\n")
        assert plan_study(study, tmp_path).cells[0].folder == first
        (package / "__init__.py").write_text(source + "# another measurement\n")
        assert plan_study(study, tmp_path).cells[0].folder != first
    finally:
        sys.path.remove(str(tmp_path))
        del sys.modules["my_study"]


def test_measuring_again_does_not_hide_that_a_criterion_was_moved(tmp_path, monkeypatch):
    run_study(TOY, tmp_path, workers=1)
    lowered = replace(TOY, claims=(replace(TOY.claims[0], criterion=Above(threshold=-5.0)),))
    assert moved_criteria(run_study(lowered, tmp_path, workers=1), lowered.claims) == ["size"]
    monkeypatch.setattr(study_run, "_source_hash", lambda measure: "another version")
    again = run_study(lowered, tmp_path, workers=1)
    assert len(list((tmp_path / "toy_study" / "seeds").iterdir())) == 2
    assert moved_criteria(again, lowered.claims) == ["size"]


def test_nothing_stored_needs_more_than_plain_yaml(tmp_path):
    run_study(TOY, tmp_path, preset="smoke", workers=1)
    for path in tmp_path.rglob("*.yaml"):
        assert isinstance(yaml.safe_load(path.read_text()), dict)
    assert os.listdir(tmp_path) == ["toy_study"]
