"""What goes wrong overnight: a full disk, a store that cannot be written, a store that vanishes, a worker that runs out
of memory, a clock that is set back, two processes at once, thousands of runs. Each time a clear message, the rest goes
on, nothing is lost, and running again completes the work."""

import resource
import shutil
import subprocess
from collections.abc import Iterator
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
from ontogeny.lab import study_run
from ontogeny.lab.catalogue import FILE, catalogue
from ontogeny.lab.executor import Task, run_tasks
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


@pytest.mark.parametrize("workers", [1, 2])
def test_out_of_memory_names_the_task_and_the_rest_goes_on(tmp_path: Path, workers: int) -> None:
    work = [Task("greedy", tasks.fill_memory, ()), Task("modest", tasks.write_facts, (tmp_path / "modest",))]
    with pytest.raises(OntogenyError, match=r"(?s)1 of 2 failed.*greedy: not enough memory.*fewer --workers"):
        run_tasks(work, workers=workers)
    assert (tmp_path / "modest").exists()


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
    monkeypatch.setattr(study_run, "_source_hash", lambda measure: "another version")  # so that it is measured again
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
