"""One flipped byte anywhere in a store is found and named."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import toy_study
from ontogeny.atlas import write_report
from ontogeny.errors import Interrupted, UsageError
from ontogeny.files import exclusive
from ontogeny.lab.catalogue import FILE, catalogue
from ontogeny.lab.lab import Lab
from ontogeny.lab.study_run import run_study
from ontogeny.lab.verification import Verification, verify
from ontogeny.seals import seal_text
from ontogeny.training import Training


def make_store(store: Path) -> None:
    """A finished study with its report, a measurement of several tables, a training that stopped, one that failed."""
    study = toy_study.study
    evidence = run_study(study, store, preset="smoke", seeds=range(2), workers=1)
    write_report(store / "toy_study" / "report-smoke.html", study, evidence, study.judge(evidence).rows)
    asked = toy_study.Settings()
    lab = Lab(store)
    run = lab.train("toy_study", asked.model, asked.world, asked.training, 0)
    table = toy_study.sizes(run, 1.0)
    lab.measure(run, "both", asked, lambda: {"a": table, "b": table})
    stopped = Training(steps=50, batch=4)
    with pytest.raises(Interrupted):
        lab.train("stopped", asked.model, asked.world, stopped, 0, evaluate=interrupt)
    (failed,) = (store / "stopped").iterdir()
    shutil.copytree(failed, store / "failed" / failed.name)
    (store / "failed" / failed.name / "FAILED").write_bytes(seal_text("the loss is nan\n"))
    catalogue(store)


def interrupt(model: object, step: int) -> dict[str, float]:
    if step == 4:
        raise Interrupted("enough")
    return {"accuracy": 0.5}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("verify") / "runs"
    make_store(store)
    return store


def files(store: Path) -> list[Path]:
    return sorted(path for path in store.rglob("*") if path.is_file() and path.name != ".lock")


def named(found: Verification) -> set[str]:
    return {problem.path for problem in found.problems}


def test_a_whole_store_has_no_problem_and_every_file_is_checked(whole: Path) -> None:
    found = verify(whole)
    assert found.problems == []
    assert (found.busy, found.leftovers, found.unknown) == ([], [], [])
    assert found.checked == len(files(whole))
    kinds = {path.name if path.suffix != ".safetensors" else path.suffix for path in files(whole)}
    assert kinds >= {
        "config.yaml", "environment.json", "metrics.parquet", "metrics.jsonl", "DONE", "FAILED", "SHA256SUMS",
        "newest.json", "record.yaml", "quantities.csv", "report-smoke.html", FILE, ".safetensors",
    }  # fmt: skip


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_flipped_byte_in_any_file_is_named(whole: Path, data: st.DataObject) -> None:
    rows = catalogue(whole)
    for path in files(whole):
        content = path.read_bytes()
        place = data.draw(st.integers(0, len(content) - 1))
        flipped = bytearray(content)
        flipped[place] ^= data.draw(st.integers(1, 255))
        path.write_bytes(flipped)
        found = named(verify(whole))
        if path.name == FILE and not found:
            assert catalogue(whole) == rows  # the byte was in a part of the index that says nothing
        elif path.suffix in (".safetensors", ".csv") or path.parent.name == "tables":
            assert found == {path.relative_to(whole).as_posix()}
        else:
            assert path.relative_to(whole).as_posix() in found
        path.write_bytes(content)
    assert verify(whole).problems == []


def test_what_is_missing_is_named(whole: Path, tmp_path: Path) -> None:
    for path in files(whole):
        if path.name in (FILE, "FAILED", "newest.json", "metrics.jsonl") or path.suffix == ".html":
            continue  # nothing says that they must be there
        if path.name == "DONE" or path.name == "environment.json" or path.parent.parent.name == "measurements":
            continue
        store = shutil.copytree(whole, tmp_path / "copy")
        lost = store / path.relative_to(whole)
        lost.unlink()
        if lost.parent.name != "measurements":
            assert named(verify(store)), lost
        shutil.rmtree(store)


def test_a_file_under_anothers_name_is_named(whole: Path, tmp_path: Path) -> None:
    store = shutil.copytree(whole, tmp_path / "copy")
    one, other = sorted((store / "toy_study").glob("*/config.yaml"))
    shutil.copy(one, other)
    measurement = next((store / "toy_study").glob("*/measurements/*.parquet"))
    measurement.rename(measurement.with_name(f"{'0' * 16}.parquet"))
    problems = {problem.path: problem.what for problem in verify(store).problems}
    assert "settings that its folder is named by" in problems[other.relative_to(store).as_posix()]
    assert any(
        path.endswith(f"{'0' * 16}.parquet") and "another measurement" in what for path, what in problems.items()
    )


def test_what_others_write_and_what_is_foreign_is_told_apart(whole: Path, tmp_path: Path) -> None:
    store = shutil.copytree(whole, tmp_path / "copy")
    (store / "notes.txt").write_text("mine")
    (store / "toy_study" / "link").symlink_to("/etc")
    run, other = (path.parent for path in sorted((store / "toy_study").glob("*/DONE")))
    stopped = next((store / "stopped").iterdir())
    places = (store, other / "checkpoints", other / "measurements", stopped / "checkpoints", stopped / "resume")
    leftovers = [folder / ".a.safetensors.99999999.tmp" for folder in (*places, store / "toy_study" / "seeds")]
    for path in leftovers:
        path.write_text("half")
    (store / "toy_study" / ".seed.99999999.tmp").mkdir()
    (store / "toy_study" / ".seed.99999999.tmp" / ".a.99999999.tmp").touch()
    (run / ".busy.99999999.tmp").touch()
    (store / "toy_study" / ("f" * 16)).mkdir()
    (store / "toy_study" / ("f" * 16) / ".lock").touch()
    with exclusive(run):
        found = verify(store)
    assert found.problems == []
    assert found.busy == [run.relative_to(store).as_posix()]
    assert found.unknown == ["notes.txt", "toy_study/link"]
    expected = [*leftovers, store / "toy_study" / ".seed.99999999.tmp"]
    assert sorted(found.leftovers) == sorted(path.relative_to(store).as_posix() for path in expected)


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        verify(tmp_path / "nowhere")
