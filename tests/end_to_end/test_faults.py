"""What goes wrong overnight: a full disk, a store that cannot be written, a slow, failing or vanishing disk, a worker
that runs out of memory or is killed, a clock that is set back, two processes at once, thousands of runs. Each time a
clear message, the rest goes on, nothing is lost, and running again completes the work."""

import errno
import itertools
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

import executor_tasks as tasks
import toy_study
from ontogeny import cli, studies
from ontogeny.claims import Evidence, moved_criteria
from ontogeny.errors import OntogenyError
from ontogeny.files import exclusive
from ontogeny.lab import plans, study_run
from ontogeny.lab.catalogue import FILE, catalogue
from ontogeny.lab.executor import Task, run_tasks
from ontogeny.lab.executors import local
from ontogeny.lab.store import run_folders
from ontogeny.lab.study_run import run_study
from ontogeny.lab.verification import verify
from ontogeny.seals import seal_text

STUDY = toy_study.study


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, in memory, of 60 kilobytes."""
    place = tmp_path / "disk"
    place.mkdir()
    if not mounted("-t", "tmpfs", "-o", "size=60k", "tmpfs", place):
        pytest.skip("mounting a file system takes root")
    yield place
    subprocess.run(["umount", "--lazy", place], check=False, capture_output=True)


def mounted(*arguments: str | Path) -> bool:
    with suppress(OSError):
        return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode == 0
    return False


def run(store: Path, **options: object) -> Evidence:
    return run_study(STUDY, store, preset="smoke", **({"seeds": range(2), "workers": 1} | options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    return run(tmp_path_factory.mktemp("undisturbed")).quantities


def test_a_full_disk_is_said_and_more_space_completes_the_work(disk: Path, expected: pa.Table) -> None:
    with pytest.raises(OntogenyError, match=r"no space left while writing .*; nothing is lost: free some space"):
        run(disk / "runs")
    assert {problem.again for problem in verify(disk / "runs").problems} <= {"rebuild"}
    assert mounted("-o", "remount,size=4m", disk)
    assert run(disk / "runs").quantities.equals(expected)
    assert verify(disk / "runs").problems == []


def test_a_store_that_cannot_be_written_is_said_and_can_be_read(
    disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "find", lambda id: STUDY)
    monkeypatch.setattr(studies, "names", lambda: [STUDY.id])
    assert mounted("-o", "remount,size=4m", disk)
    store = disk / "runs"
    run(store, seeds=[0])
    rows = catalogue(store)
    assert mounted("-o", "remount,ro", disk)
    with pytest.raises(OntogenyError, match=r"cannot write .*: Read-only file system; choose another place with --out"):
        run(store)
    assert catalogue(store) == rows
    for command in (["list"], ["claims", "--preset", "smoke"]):
        assert cli.main([*command, "--store", str(store)]) == 0
    assert (
        cli.main(["report", STUDY.id, "--preset", "smoke", "--store", str(store), "--out", f"{tmp_path}/r.html"]) == 0
    )
    assert cli.main(["verify", str(store)]) == 0
    assert cli.main(["report", STUDY.id, "--preset", "smoke", "--store", str(store)]) == 1
    assert "Read-only file system" in capsys.readouterr().err


def test_a_store_that_vanishes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: pa.Table) -> None:
    store = tmp_path / "runs"

    def vanish(trouble: str) -> None:
        store.rename(tmp_path / "elsewhere")

    with monkeypatch.context() as patched:
        patched.setattr(toy_study, "go_wrong", vanish)
        with pytest.raises(OntogenyError, match=r"(No such file|not a run|is gone)"):
            run(store, overrides=["trouble=error"])
    if store.exists():  # what was begun in its place
        shutil.copytree(store, tmp_path / "elsewhere", dirs_exist_ok=True)
        shutil.rmtree(store)
    (tmp_path / "elsewhere").rename(store)
    assert run(store).quantities.equals(expected)


def test_a_slow_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: pa.Table) -> None:
    monkeypatch.setattr(os, "fsync", before_each(os.fsync, lambda call: time.sleep(0.02)))
    assert run(tmp_path).quantities.equals(expected)
    assert verify(tmp_path).problems == []


@pytest.mark.parametrize("call", [1, 9, 17])
def test_a_failing_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: pa.Table, call: int) -> None:
    def fail(number: int) -> None:
        if number >= call:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", before_each(os.fsync, fail))
        with pytest.raises(OntogenyError, match=r"cannot write .*: Input/output error; .*run the same command again"):
            run(tmp_path)
    assert {problem.again for problem in verify(tmp_path).problems} <= {"rebuild"}
    assert run(tmp_path).quantities.equals(expected)
    assert verify(tmp_path).problems == []


def before_each(function: Callable[[int], None], action: Callable[[int], None]) -> Callable[[int], None]:
    """The function, with something done before each call, which is given the call's number."""
    number = itertools.count(1)

    def called(argument: int) -> None:
        action(next(number))
        function(argument)

    return called


@pytest.mark.parametrize("workers", [1, 2])
def test_out_of_memory_names_the_task_and_the_rest_goes_on(tmp_path: Path, workers: int) -> None:
    work = [Task("greedy", tasks.fill_memory, ()), Task("modest", tasks.write_facts, (tmp_path / "modest",))]
    with pytest.raises(OntogenyError, match=r"(?s)1 of 2 failed.*greedy: not enough memory.*fewer --workers"):
        run_tasks(work, workers=workers)
    assert (tmp_path / "modest").exists()


@pytest.mark.slow
def test_a_worker_that_fills_its_memory_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    work = [Task("greedy", tasks.fill_allowed_memory, ()), Task("modest", tasks.write_facts, (tmp_path / "modest",))]
    with pytest.raises(OntogenyError, match=r"(?s)1 of 2 failed.*greedy: not enough memory.*run the command again"):
        run_tasks(work, workers=2)
    assert (tmp_path / "modest").exists()


@pytest.mark.slow
def test_a_worker_killed_in_mid_training_is_said_and_running_again_completes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "available_cores", lambda: 1)  # one thread, however many workers there are
    (tmp_path / "cut").mkdir()

    def work(store: Path, dies: bool) -> list[Task]:
        return [Task(f"seed {seed}", tasks.train_dying_once, (store, dies and seed == 1, seed)) for seed in range(2)]

    with pytest.raises(OntogenyError, match=r"1 of 2 failed.*\n.*seed 1: its process was killed by SIGKILL"):
        run_tasks(work(tmp_path / "cut", True), workers=2)
    assert len(list((tmp_path / "cut").glob("*/*/DONE"))) == 1  # the other seed was trained
    for store, dies in (("cut", True), ("whole", False)):
        run_tasks(work(tmp_path / store, dies), workers=1)
    assert tasks.weights(tmp_path / "cut") == tasks.weights(tmp_path / "whole") != {}
    assert verify(tmp_path / "cut").problems == []


def test_a_clock_that_jumps_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: pa.Table
) -> None:
    jumps = itertools.cycle((0.0, 4e8, -9e8, 2e9))
    now = time.time
    monkeypatch.setattr(time, "time", lambda: max(0.0, now() + next(jumps)))
    assert run(tmp_path).quantities.equals(expected)
    assert verify(tmp_path).problems == []


def test_a_clock_set_back_does_not_hide_that_a_criterion_was_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from ontogeny.claims import Above

    first = run(tmp_path, seeds=[0])
    (entry,) = first.record["seeds"]
    moved = replace(STUDY, claims=tuple(replace(claim, criterion=Above(threshold=-5.0)) for claim in STUDY.claims))

    class Earlier(datetime):
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def]
            return datetime.fromisoformat(entry["measured_at"]) - timedelta(days=400)

    monkeypatch.setattr(study_run, "datetime", Earlier)
    monkeypatch.setattr(plans, "_source_hash", lambda measure: "another version")  # so that it is measured again
    again = run_study(moved, tmp_path, preset="smoke", seeds=[0], workers=1)
    assert again.record["seeds"][0]["measured_at"] > entry["measured_at"]
    assert moved_criteria(again, moved.claims) == ["size"]


def test_two_processes_on_one_run(tmp_path: Path, expected: pa.Table) -> None:
    run(tmp_path, seeds=[0])
    (folder,) = run_folders(tmp_path)
    (folder / "DONE").unlink()
    shutil.rmtree(tmp_path / STUDY.id / "seeds")
    with exclusive(folder), pytest.raises(OntogenyError, match=r"1 of 2 failed.*\n.*seed 0: .*by another process"):
        run(tmp_path)
    assert len(list(run_folders(tmp_path))) == 2  # the other seed was trained
    assert run(tmp_path).quantities.equals(expected)


def test_thousands_of_runs_are_indexed(tmp_path: Path) -> None:
    text = "kind: run\nmodel: {kind: transformer}\nworld: {kind: karel}\ntraining: {steps: 5}\nseed: 1\n"
    content = seal_text(text)
    for number in range(3_000):
        folder = tmp_path / f"study{number % 7}" / f"{number:016x}"
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_bytes(content)
    rows = catalogue(tmp_path)
    assert len(rows) == 3_000
    assert {(row.seed, row.steps, row.status) for row in rows} == {(1, 5, "unfinished")}
    (tmp_path / FILE).unlink()
    assert catalogue(tmp_path) == rows
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert descriptors < 3_000 or len(list(Path("/proc/self/fd").iterdir())) < 1_000  # none is kept open
