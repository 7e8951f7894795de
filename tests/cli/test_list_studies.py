import json
import shutil
from dataclasses import replace
from pathlib import Path

from ontogeny import cli, studies
from ontogeny.cli import list_studies
from toy_study import study


def test_list_counts_verdicts_and_the_models_that_were_looked_at(capsys):
    assert cli.main(["run", "toy_study", "--seeds", "2", "--workers", "1", "--no-report"]) == 0
    a_run = next(Path("runs/toy_study").glob("*/DONE")).parent
    shutil.copytree(a_run, a_run.with_name("f" * 16))
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


def test_a_claim_measured_at_two_presets_counts_once(capsys, monkeypatch):
    both = replace(study, claims=(replace(study.claims[0], presets=("smoke", "laptop")),))
    monkeypatch.setattr("toy_study.study", both)
    for preset, seeds in (("smoke", "3"), ("laptop", "1")):
        command = ["run", "toy_study", "--preset", preset, "--seeds", seeds, "--workers", "1", "--no-report"]
        assert cli.main(command) == 0
    capsys.readouterr()
    assert cli.main(["list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["claims"], row["verdicts"]) == (1, {"reproduced": 1})
    assert cli.main(["claims", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["preset"] for row in rows] == ["smoke", "laptop"]
    assert rows[1]["verdict"] == "undecided"


def test_summaries_of_our_own_studies_are_kept_until_a_record_changes(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(studies, "built_in", lambda: {"toy_study"})

    def listed() -> list:
        assert cli.main(["list", "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    def never(*_):
        raise AssertionError("it was judged before")

    first = listed()
    with monkeypatch.context() as patched:
        patched.setattr(list_studies, "_summary", never)
        assert listed() == first
    assert cli.main(["run", "toy_study", "--seeds", "1", "--workers", "1", "--no-report"]) == 0
    capsys.readouterr()
    assert (first[0]["models"], listed()[0]["models"]) == (0, 1)
