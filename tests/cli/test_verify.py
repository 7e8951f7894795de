import json
import os
import shutil
from pathlib import Path

import pytest

import toy_study
from ontogeny import cli
from ontogeny.atlas import write_report
from ontogeny.lab.study_run import run_study


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    store = tmp_path_factory.mktemp("whole") / "runs"
    evidence = run_study(toy_study.study, store, preset="smoke", seeds=range(1), workers=1)
    report = store / "toy_study" / "report-smoke.html"
    write_report(report, toy_study.study, evidence, toy_study.study.judge(evidence).rows)
    return store


@pytest.fixture(autouse=True)
def store(whole, toy_alone) -> Path:
    return Path(shutil.copytree(whole, "runs"))


def damage(path: Path) -> Path:
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    return path


def test_a_whole_store_is_said_to_be_whole(capsys):
    assert cli.main(["verify"]) == 0
    assert "files checked, 0 problems" in capsys.readouterr().out


def test_damage_is_named_with_what_to_do_and_repaired(capsys, store):
    report = damage(store / "toy_study/report-smoke.html")
    evidence = damage(store / "toy_study/evidence/smoke/record.yaml")
    weights = damage(next(store.glob("toy_study/*/checkpoints/00000004.safetensors")))
    assert cli.main(["verify", "runs"]) == 1
    told = capsys.readouterr()
    for path in (report, evidence, weights):
        assert f"{path}: is not what was written" in told.out
    assert "3 of the files in runs are not as they were written, 1 of them such that only training" in told.err
    assert cli.main(["verify", "--repair"]) == 1
    assert "made anew from the measured seeds" in capsys.readouterr().out
    assert cli.main(["verify", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [problem["path"] for problem in found["problems"]] == [weights.relative_to(store).as_posix()]
    assert "trained anew" in found["problems"][0]["remedy"]
    assert found["repaired"] == []


def test_what_killed_writers_left_is_named_and_removed(capsys, store):
    leftover = store / "toy_study" / ".report-smoke.html.4194999.tmp"
    leftover.write_text("<p>")
    assert cli.main(["verify"]) == 0
    assert "toy_study/.report-smoke.html.4194999.tmp" in capsys.readouterr().err
    os.utime(leftover, (0, 0))
    assert cli.main(["verify", "--repair"]) == 0
    assert "half written when a process was killed, and removed: 1" in capsys.readouterr().err
    assert not leftover.exists()


def test_the_page_of_a_report_is_the_stores_own_and_other_files_are_not(capsys, store):
    for name in ("toy_study/explorer-smoke.html", "explorer-smoke.html", "toy_study/other.html"):
        (store / name).write_text("<p>")
    assert cli.main(["verify"]) == 0
    told = capsys.readouterr().err
    assert "pages of `ontogeny report`, without a checksum and not checked: toy_study/explorer-smoke.html\n" in told
    assert "not of the store, and not read by anything: explorer-smoke.html, toy_study/other.html\n" in told
    assert cli.main(["verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pages"] == ["toy_study/explorer-smoke.html"]


def test_no_store_is_a_wrong_request(capsys):
    assert cli.main(["verify", "nowhere"]) == 2
    assert "nowhere is not a run store" in capsys.readouterr().err
