import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import toy_study
from ontogeny import cli


def test_run_measures_judges_and_reports(capsys, tmp_path):
    assert cli.main(["run", "toy_study", "--seeds", "3", "--workers", "1"]) == 0
    output = capsys.readouterr()
    assert "reproduced" in output.out
    assert "size: " in output.out
    assert "evidence  runs/toy_study/evidence/laptop" in output.out
    assert "report    runs/toy_study/report-laptop.html" in output.out
    assert "to measure: seed 0; seed 1; seed 2" in output.err
    assert "A toy study" in (tmp_path / "here/runs/toy_study/report-laptop.html").read_text()


def test_a_second_run_says_that_everything_is_done_and_touches_nothing(capsys):
    command = ["run", "toy_study", "--preset", "smoke"]
    assert cli.main(command) == 0
    first = capsys.readouterr().out
    before = {path: path.stat().st_mtime_ns for path in Path("runs").rglob("*") if path.is_file()}
    assert cli.main(command) == 0
    output = capsys.readouterr()
    assert "everything asked for was measured before" in output.err
    assert output.out == first
    assert {path: path.stat().st_mtime_ns for path in Path("runs").rglob("*") if path.is_file()} == before


def test_run_takes_seeds_arms_settings_and_a_place(capsys):
    place = ["--out", "there", "--preset", "smoke", "--no-report", "--workers", "1"]
    assert cli.main(["run", "toy_study", "--seeds", "1-2", "--arms", "all", "--set", "scale=3", *place]) == 0
    assert "to measure: seed 1; seed 2; wide, seed 1; wide, seed 2" in capsys.readouterr().err
    (evidence,) = Path("there/toy_study/evidence").iterdir()
    assert evidence.name.startswith("smoke+")
    assert not list(Path("there").rglob("*.html"))
    assert not Path("runs").exists()


def test_the_claims_that_run_names_are_shown_by_the_command_it_gives(capsys, monkeypatch):
    other = replace(toy_study.study.claims[0], id="other", quantity="other")
    monkeypatch.setattr(toy_study, "study", replace(toy_study.study, claims=(*toy_study.study.claims, other)))
    place = ["--preset", "smoke", "--no-report", "--workers", "1"]
    assert cli.main(["run", "toy_study", *place, "--out", "there", "--set", "scale=3"]) == 0
    (command,) = re.findall(r"and 1 claims without a value here: see `ontogeny (.*)`", capsys.readouterr().out)
    assert re.fullmatch(r"claims toy_study --preset smoke\+\w{8} --store there", command)
    assert cli.main([*command.split(), "--json"]) == 0
    assert [row["claim"] for row in json.loads(capsys.readouterr().out)] == ["size", "other"]
    assert cli.main(["run", "toy_study", *place]) == 0
    assert "see `ontogeny claims toy_study --preset smoke`" in capsys.readouterr().out


@pytest.mark.parametrize("seeds", ["0", "x", "3-1", "-1", "1-"])
def test_seeds_that_are_none(capsys, seeds):
    with pytest.raises(SystemExit) as end:
        cli.main(["run", "toy_study", f"--seeds={seeds}"])
    assert end.value.code == 2
    assert "seed" in capsys.readouterr().err


def test_an_error_while_running_is_exit_code_1_and_the_rest_is_kept(capsys):
    command = ["run", "toy_study", "--preset", "smoke", "--seeds", "2", "--set", "trouble=error", "--workers", "1"]
    assert cli.main(command) == 1
    assert "seed 1: planted trouble" in capsys.readouterr().err
    assert len(list(Path("runs/toy_study/seeds").iterdir())) == 1


def test_ctrl_c_is_exit_code_130_and_says_how_to_go_on(capsys, monkeypatch):
    command = ["run", "toy_study", "--preset", "smoke", "--seeds", "2", "--set", "trouble=interrupt", "--workers", "1"]
    assert cli.main(command) == 130
    assert "run the same command again to go on" in capsys.readouterr().err
    monkeypatch.setattr(toy_study, "go_wrong", lambda trouble: None)
    assert cli.main(command) == 0
    assert "to measure: seed 1 (" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("package", "engine"),
    [
        ("ray", ["--executor", "ray", "--workers", "2"]),
        ("submitit", ["--executor", "slurm", "--slurm", "cluster=local"]),
    ],
)
def test_a_study_runs_on_other_engines(monkeypatch, capsys, package, engine):
    pytest.importorskip(package)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # where workers find the toy study
    assert cli.main(["run", "toy_study", "--preset", "smoke", "--seeds", "2", "--no-report", *engine]) == 0
    assert "evidence  runs/toy_study/evidence/smoke" in capsys.readouterr().out
    assert len(list(Path("runs/toy_study").glob("*/DONE"))) == 2
