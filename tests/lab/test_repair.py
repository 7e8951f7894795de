"""What follows from other files is made anew to the bit; the rest is named and left as it is."""

import os
import shutil
import time
from pathlib import Path

import pytest

import toy_study
from ontogeny.claims import Evidence
from ontogeny.errors import DamagedFileError, UsageError
from ontogeny.lab.catalogue import FILE, catalogue
from ontogeny.lab.gathering import regather
from ontogeny.lab.plans import plan_study
from ontogeny.lab.repair import remedy, remove_leftovers, repair
from ontogeny.lab.study_run import run_study
from ontogeny.lab.verification import verify

STUDY = toy_study.study


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("whole") / "runs"
    run_study(STUDY, store, preset="smoke", seeds=range(2), workers=1)
    catalogue(store)
    return store


@pytest.fixture
def store(whole: Path, tmp_path: Path) -> Path:
    # What the folders above are called must not matter.
    return shutil.copytree(whole, tmp_path / "seeds" / "runs" / "measurements" / "runs")


def flip(path: Path, place: int = -8) -> Path:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    return path


def mend(store: Path) -> list[str]:
    def rebuild(study: str, preset: str) -> None:
        assert study == STUDY.id
        regather(plan_study(STUDY, store, preset=preset))

    return [problem.path for problem, _ in repair(store, verify(store).problems, rebuild)]


def one(store: Path, pattern: str) -> Path:
    return sorted(store.glob(pattern))[0]


@pytest.mark.parametrize(
    "pattern",
    [FILE, "*/evidence/smoke/quantities.csv", "*/evidence/smoke/record.yaml", "*/*/DONE"],
    ids=lambda p: Path(p).name,
)
def test_what_follows_from_other_files_is_made_anew(store: Path, pattern: str) -> None:
    damaged = flip(one(store, pattern), 30)
    rows = None if pattern == FILE else catalogue(store)
    if pattern == FILE:
        damaged.write_bytes(b"no database")
    assert mend(store) == [damaged.relative_to(store).as_posix()]
    assert verify(store).problems == []
    assert rows is None or catalogue(store) == rows


def test_gathered_evidence_comes_back_to_the_bit(store: Path) -> None:
    before = Evidence.load(store / "toy_study/evidence/smoke")
    flip(store / "toy_study/evidence/smoke/tables/sizes.parquet")
    mend(store)
    again = Evidence.load(store / "toy_study/evidence/smoke")
    assert again.quantities.equals(before.quantities)
    assert again.record == before.record


def test_a_measurement_and_a_seed_are_measured_again_to_the_same_values(store: Path) -> None:
    before = Evidence.load(store / "toy_study/evidence/smoke")
    flip(one(store, "*/*/measurements/*.parquet"))
    flip(one(store, "*/seeds/*/quantities.csv"), 30)
    assert len(mend(store)) == 2
    assert len(plan_study(STUDY, store, preset="smoke", seeds=range(2)).missing) == 1
    again = run_study(STUDY, store, preset="smoke", seeds=range(2), workers=1)
    assert again.quantities.equals(before.quantities)
    assert verify(store).problems == []


@pytest.mark.parametrize("name", ["config.yaml", "metrics.parquet", "checkpoints/00000004.safetensors"])
def test_what_only_training_brings_back_is_left_and_told(store: Path, name: str) -> None:
    damaged = flip(one(store, f"toy_study/*/{name}"))
    content = damaged.read_bytes()
    assert mend(store) == []
    assert damaged.read_bytes() == content
    (problem,) = verify(store).problems
    run = damaged.relative_to(store).parts[1]
    assert f"remove {store / 'toy_study' / run} and run the same command again" in remedy(store, problem)


def test_files_from_before_there_were_seals_are_sealed_as_they_stand(store: Path) -> None:
    for path in [one(store, "*/*/config.yaml"), one(store, "*/seeds/*/record.yaml"), one(store, "*/*/DONE")]:
        path.write_bytes(path.read_bytes().replace(b"seal", b"soul"))
    assert {problem.again for problem in verify(store).problems} == {"seal"}
    assert len(mend(store)) == 3
    assert verify(store).problems == []


def test_evidence_without_seeds_is_left(store: Path) -> None:
    record = flip(store / "toy_study/evidence/smoke/record.yaml", 3)
    for path in (store / "toy_study/seeds").rglob("record.yaml"):
        path.unlink()
    with pytest.raises(UsageError, match="no measured seeds"):
        regather(plan_study(STUDY, store, preset="smoke"))
    assert record.relative_to(store).as_posix() not in mend(store)
    with pytest.raises(DamagedFileError):
        Evidence.load(record.parent)


def test_leftovers_go_unless_somebody_may_still_write_them(store: Path) -> None:
    ages = {".a.4194999.tmp": 90, ".b.4194999.tmp": 5, ".c.1.tmp": 90, ".d.1.tmp": 4_000}
    paths = [one(store, "toy_study/????????????????/checkpoints") / name for name in ages]
    paths[0].mkdir()
    (paths[0] / "part").touch()
    for path, age in zip(paths, ages.values(), strict=True):
        if path != paths[0]:
            path.touch()
        os.utime(path, (time.time() - age,) * 2)
    found = verify(store)
    assert found.leftovers == [path.relative_to(store).as_posix() for path in paths]
    assert remove_leftovers(store, found.leftovers) == [path.relative_to(store).as_posix() for path in paths[1:3]]
    assert [path.exists() for path in paths] == [False, True, True, False]
