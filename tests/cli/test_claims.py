import json
from pathlib import Path

import pytest

from ontogeny import cli

ROW = {"study", "claim", "statement", "source", "published", "criterion", "estimate", "low", "high", "seeds", "preset"}


def test_claims_without_runs_show_what_is_committed_and_say_so(capsys, committed):
    assert cli.main(["claims", "--json"]) == 0
    output = capsys.readouterr()
    (row,) = json.loads(output.out)
    assert set(row) >= ROW | {"verdict", "sham_verdict"}
    assert (row["study"], row["preset"], row["seeds"], row["committed"]) == ("toy_study", "laptop", 3, True)
    assert row["low"] < row["estimate"] < row["high"]
    assert row["verdict"] == "reproduced"
    assert row["sham_verdict"] != "reproduced"
    assert "no runs of your own in runs for toy_study at laptop" in output.err


def test_ones_own_runs_come_before_the_committed(capsys, committed):
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


@pytest.mark.parametrize("command", ["claims", "report"])
def test_a_preset_that_nobody_has_measured_is_said_to_be_that(capsys, committed, command):
    assert cli.main([command, "toy_study", "--preset", "smoke"]) == 2
    told = capsys.readouterr().err
    assert "there is no evidence of toy_study at preset smoke yet (there is at laptop)" in told
    assert "ontogeny run toy_study --preset smoke" in told
    assert cli.main([command, "toy_study", "--preset", "labtop"]) == 2
    assert "did you mean 'laptop'" in capsys.readouterr().err


def test_claims_at_one_preset(capsys):
    assert cli.main(["run", "toy_study", "--preset", "smoke", "--no-report"]) == 0
    capsys.readouterr()
    assert cli.main(["claims", "--preset", "smoke", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["preset"], row["seeds"]) == ("smoke", 1)


def test_claims_for_people_and_as_a_page(capsys, committed):
    assert cli.main(["claims"]) == 0
    text = capsys.readouterr().out
    assert "Weights have a size." in text
    assert "reproduced" in text
    assert cli.main(["claims", "--markdown", "ledger.md"]) == 0
    assert "Weights have a size." in Path("ledger.md").read_text()


def test_damaged_evidence_is_named(capsys, committed):
    path = committed / "toy_study" / "laptop" / "quantities.csv"
    path.write_text(path.read_text().replace("main", "mean", 1))
    for command in (["claims"], ["report", "toy_study"], ["list"]):
        assert cli.main(command) == 1
        assert str(path) in capsys.readouterr().err
