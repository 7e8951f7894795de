"""submitit's own local executor stands in for Slurm: the same jobs, as processes of this machine."""

import os
import signal
import time

import pytest

import executor_tasks as tasks
import toy_study
from ontogeny.errors import OntogenyError, UsageError
from ontogeny.lab.executor import Task, run_tasks
from ontogeny.lab.executors.slurm import SlurmExecutor
from ontogeny.lab.store import run_folders
from ontogeny.lab.study_run import run_study

submitit = pytest.importorskip("submitit", reason="needs the extra [slurm]")


def test_without_slurm_the_error_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="Slurm cannot be used as asked"):
        run_tasks([Task("a", tasks.stumble, ())], executor=SlurmExecutor(tmp_path))


def test_an_option_that_slurm_does_not_have(tmp_path):
    executor = SlurmExecutor(tmp_path, cluster="local", options={"partitian": "gpu"})
    with pytest.raises(UsageError, match="partitian"):
        run_tasks([Task("a", tasks.stumble, ())], executor=executor)


def test_an_option_of_another_type(tmp_path):
    executor = SlurmExecutor(tmp_path, cluster="local", options={"timeout_min": "abc"})
    with pytest.raises(UsageError, match=r"Slurm cannot be used as asked: .*timeout_min.*abc"):
        run_tasks([Task("a", tasks.stumble, ())], executor=executor)


def test_what_slurm_does_not_take_is_one_clear_error(tmp_path, monkeypatch):
    """A queue that answers to its commands, but refuses every job."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, text in {"srun": "exit 0", "sbatch": "echo 'invalid partition specified: gpu' >&2; exit 1"}.items():
        (commands / name).write_text(f"#!/bin/sh\n{text}\n")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    executor = SlurmExecutor(tmp_path, options={"partition": "gpu"})
    with pytest.raises(UsageError, match=r"Slurm did not take the jobs: .*invalid partition specified: gpu"):
        run_tasks([Task(name, tasks.stumble, ()) for name in "ab"], executor=executor)


def test_nothing_to_do_sends_nothing(tmp_path):
    run_tasks([], executor=SlurmExecutor(tmp_path))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_what_fails_is_named_and_the_rest_is_carried_out(importable, tmp_path):
    notices = []
    work = [
        Task("wrong", tasks.complain, (True,)),
        Task("lost", tasks.vanish, ()),
        Task("right", tasks.write_facts, (tmp_path / "right",)),
    ]
    with pytest.raises(OntogenyError, match="2 of 3 failed") as caught:
        run_tasks(work, executor=SlurmExecutor(tmp_path, cluster="local"), notify=notices.append)
    assert "wrong: it does not fit" in str(caught.value)
    assert "ended without a result" in str(caught.value)
    assert caught.value.exit_code == 2
    assert (tmp_path / "right").read_text().split()[1:] == ["1", "1"]
    assert {notice.task for notice in notices} == {"wrong", "lost", "right"}


@pytest.mark.slow
def test_a_study_comes_out_as_on_this_machine_to_the_bit(importable, tmp_path, monkeypatch):
    monkeypatch.setattr("ontogeny.lab.executors.local.available_cores", lambda: 1)  # as many as a job asks for
    here = run_study(toy_study.study, tmp_path / "here", preset="smoke", workers=1)
    executor = SlurmExecutor(tmp_path / "there", cluster="local")
    there = run_study(toy_study.study, tmp_path / "there", preset="smoke", executor=executor)
    assert there.quantities.equals(here.quantities)
    assert there.tables["sizes"].equals(here.tables["sizes"])
    assert tasks.weights(tmp_path / "there") == tasks.weights(tmp_path / "here") != {}
    assert len(list(run_folders(tmp_path / "there"))) == 1


@pytest.mark.slow
def test_a_job_whose_time_is_up_is_queued_again_and_goes_on(importable, tmp_path):
    """Slurm's signal before the end of the time limit, sent once the task has begun."""
    executor = SlurmExecutor(tmp_path, cluster="local")

    def interrupt(notice) -> None:
        deadline = time.monotonic() + 120
        while not (begun := list(tmp_path.glob("*.begun"))) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(int(begun[0].stem), signal.SIGUSR2)

    run_tasks([Task("long", tasks.finish_when_queued_again, (tmp_path,))], executor=executor, notify=interrupt)
    assert len(list(tmp_path.glob("*.begun"))) == 2
