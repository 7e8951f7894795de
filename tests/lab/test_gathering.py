import shutil
from dataclasses import replace

import pytest

import toy_study
from ontogeny.claims import Above, Evidence, moved_criteria
from ontogeny.errors import DamagedFileError
from ontogeny.lab import plans
from ontogeny.lab.gathering import outdated
from ontogeny.lab.plans import plan_study
from ontogeny.lab.study_run import carry_out, run_study

TOY = toy_study.study


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


def test_measuring_again_does_not_hide_that_a_criterion_was_moved(tmp_path, monkeypatch):
    run_study(TOY, tmp_path, workers=1)
    lowered = replace(TOY, claims=(replace(TOY.claims[0], criterion=Above(threshold=-5.0)),))
    assert moved_criteria(run_study(lowered, tmp_path, workers=1), lowered.claims) == ["size"]
    monkeypatch.setattr(plans, "_source_hash", lambda measure: "another version")
    again = run_study(lowered, tmp_path, workers=1)
    assert len(list((tmp_path / "toy_study" / "seeds").iterdir())) == 2
    assert moved_criteria(again, lowered.claims) == ["size"]
