import json
import subprocess
import sys
from pathlib import Path

import pytest

import toy_study
from ontogeny import cli, studies
from ontogeny.errors import unknown_name
from ontogeny.lab import evidence_places
from ontogeny.lab.study_run import run_study

HEAVY = {"torch", "numpy", "scipy", "numba", "pyarrow", "matplotlib", "pydantic", "yaml", "rich"}
ROW = {"study", "claim", "statement", "source", "published", "criterion", "estimate", "low", "high", "seeds", "preset"}


@pytest.fixture(autouse=True)
def toy_alone(monkeypatch, tmp_path):
    """The toy study is the only one, nothing is committed, and the working directory is empty."""

    def find(id: str):
        if id != "toy_study":
            raise unknown_name("study", id, ["toy_study"])
        return toy_study.study

    monkeypatch.setattr(studies, "find", find)
    monkeypatch.setattr(studies, "names", lambda: ["toy_study"])
    monkeypatch.setattr(evidence_places, "committed_folder", lambda: tmp_path / "committed")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def commit_evidence(tmp_path: Path) -> None:
    run_study(toy_study.study, tmp_path / "elsewhere", seeds=range(3), workers=1)
    (tmp_path / "committed").mkdir()
    (tmp_path / "elsewhere" / "toy_study" / "evidence").rename(tmp_path / "committed" / "toy_study")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments):
    code = f"""
import sys
from ontogeny.cli import main
try:
    main({arguments!r})
except SystemExit as end:
    assert end.code == 0
loaded = {HEAVY!r} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_package_itself_imports_nothing_heavy():
    code = f"import sys, ontogeny, ontogeny.studies, ontogeny.lab; assert not {HEAVY!r} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "toy_studi"], "did you mean 'toy_study'"),
        (["report", "toys"], "did you mean 'toy_study'"),
        (["claims", "toy-study"], "did you mean 'toy_study'"),
        (["run", "toy_study", "--preset", "smok"], "did you mean 'smoke'"),
        (["run", "toy_study", "--arms", "main,wyde"], "did you mean 'wide'"),
        (["run", "toy_study", "--set", "training.stebs=3"], "did you mean 'steps'"),
        (["run", "toy_study", "--set", "training.steps=0"], "greater than or equal to 1, given 0"),
        (["run", "toy_study", "--set", "training.steps"], "expected key=value"),
        (["run", "toy_study", "--workers", "0"], "expected 1 or more, given 0"),
        (["report", "toy_study"], "ontogeny run toy_study"),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_code_2(capsys, arguments, message):
    assert cli.main(arguments) == 2
    output = capsys.readouterr()
    assert message in output.err
    assert "Traceback" not in output.err
    assert output.out == ""


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


def test_claims_without_runs_show_what_is_committed_and_say_so(capsys, tmp_path):
    commit_evidence(tmp_path)
    assert cli.main(["claims", "--json"]) == 0
    output = capsys.readouterr()
    (row,) = json.loads(output.out)
    assert set(row) >= ROW | {"verdict", "sham_verdict"}
    assert (row["study"], row["preset"], row["seeds"], row["committed"]) == ("toy_study", "laptop", 3, True)
    assert row["low"] < row["estimate"] < row["high"]
    assert row["verdict"] == "reproduced"
    assert row["sham_verdict"] != "reproduced"
    assert "no runs of your own in runs for toy_study at laptop" in output.err


def test_ones_own_runs_come_before_the_committed(capsys, tmp_path):
    commit_evidence(tmp_path)
    assert cli.main(["run", "toy_study", "--no-report"]) == 0
    capsys.readouterr()
    assert cli.main(["claims", "toy_study", "--json"]) == 0
    output = capsys.readouterr()
    (row,) = json.loads(output.out)
    assert (row["committed"], row["seeds"], row["verdict"]) == (False, 1, "undecided")
    assert output.err == ""


def test_a_claim_that_nobody_measured_has_a_row(capsys):
    assert cli.main(["claims", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["estimate"], row["seeds"], row["preset"], row["verdict"]) == (None, 0, None, "undecided")


def test_claims_at_one_preset(capsys):
    assert cli.main(["run", "toy_study", "--preset", "smoke", "--no-report"]) == 0
    capsys.readouterr()
    assert cli.main(["claims", "--preset", "smoke", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["preset"], row["seeds"]) == ("smoke", 1)


def test_claims_for_people_and_as_a_page(capsys, tmp_path):
    commit_evidence(tmp_path)
    assert cli.main(["claims"]) == 0
    text = capsys.readouterr().out
    assert "Weights have a size." in text
    assert "reproduced" in text
    assert cli.main(["claims", "--markdown", "ledger.md"]) == 0
    assert "Weights have a size." in Path("ledger.md").read_text()


def test_damaged_evidence_is_named(capsys, tmp_path):
    commit_evidence(tmp_path)
    path = tmp_path / "committed" / "toy_study" / "laptop" / "quantities.csv"
    path.write_text(path.read_text().replace("main", "mean", 1))
    for command in (["claims"], ["report", "toy_study"], ["list"]):
        assert cli.main(command) == 1
        assert str(path) in capsys.readouterr().err


def test_report_without_runs_shows_the_committed_and_says_so(capsys, tmp_path):
    commit_evidence(tmp_path)
    assert cli.main(["report", "toy_study", "--out", "mine.html"]) == 0
    output = capsys.readouterr()
    assert output.out == "mine.html\n"
    assert "this is the committed evidence" in output.err
    assert "Weights have a size." in Path("mine.html").read_text()


def test_report_writes_its_figures_as_files(tmp_path):
    commit_evidence(tmp_path)
    assert cli.main(["report", "toy_study", "--out", "mine.html", "--figures", "drawn"]) == 0
    assert [path.name for path in Path("drawn").iterdir()] == ["sizes.svg"]
    assert "<svg" in Path("drawn/sizes.svg").read_text()


def test_list_counts_verdicts_and_models(capsys):
    assert cli.main(["run", "toy_study", "--seeds", "2", "--workers", "1", "--no-report"]) == 0
    capsys.readouterr()
    assert cli.main(["list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["claims"], row["models"]) == ("toy_study", 1, 2)
    assert row["verdicts"] == {"undecided": 1}
    assert row["paper"]["authors"] == "A. Nobody"
    assert cli.main(["list"]) == 0
    text = capsys.readouterr().out
    assert "toy_study: A toy study" in text
    assert "1 undecided" in text


def test_doctor_tells_the_same_to_people_and_programs(capsys):
    assert cli.main(["doctor", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert {"hardware", "versions", "matrix_product_gflops", "gpus", "disk_free_gib", "optional"} <= set(facts)
    assert cli.main(["doctor"]) == 0
    assert facts["hardware"]["processor"] in capsys.readouterr().out


def test_a_reader_who_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m ontogeny.cli list | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
