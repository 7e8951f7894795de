import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import executor_tasks as tasks
from ontogeny.errors import Interrupted, OntogenyError
from ontogeny.lab.environment import available_cores
from ontogeny.lab.executor import Task, run_tasks
from ontogeny.lab.executors.local import choose_workers


def test_one_worker_a_task_and_at_most_one_a_core():
    assert [choose_workers(count, cores=4) for count in (1, 3, 4, 9)] == [1, 3, 4, 4]


def test_one_worker_is_this_process_and_leaves_its_threads_as_they_were(tmp_path):
    before = torch.get_num_threads()
    torch.set_num_threads(available_cores() + 1)
    try:
        run_tasks([Task("a", tasks.write_facts, (tmp_path / "a",))], workers=1)
        assert torch.get_num_threads() == available_cores() + 1
    finally:
        torch.set_num_threads(before)
    process, threads, _ = (tmp_path / "a").read_text().split()
    assert int(process) == os.getpid()
    assert int(threads) == available_cores()


def test_workers_are_processes_with_their_share_of_threads(tmp_path):
    notices, finished = [], []
    work = [Task(name, tasks.write_facts, (tmp_path / name,)) for name in "abc"]
    environment = dict(os.environ)
    run_tasks(work, workers=2, notify=notices.append, finished=lambda task: finished.append(task.label))
    facts = [(tmp_path / name).read_text().split() for name in "abc"]
    share = str(max(1, available_cores() // 2))
    assert len({process for process, _, _ in facts} | {str(os.getpid())}) == 4
    assert [rest for _, *rest in facts] == [[share, share]] * 3
    assert sorted(finished) == ["a", "b", "c"]
    assert sorted(notice.task for notice in notices) == ["a", "b", "c"]
    assert dict(os.environ) == environment


def test_a_bug_in_a_worker_comes_with_its_traceback(tmp_path):
    with pytest.raises(OntogenyError, match=r"(?s)1 of 2 failed.*in stumble.*ZeroDivisionError: a bug"):
        run_tasks([Task("a", tasks.stumble, ()), Task("b", tasks.write_facts, (tmp_path / "b",))], workers=2)


def test_a_worker_that_is_killed_is_named_with_its_signal(tmp_path):
    with pytest.raises(OntogenyError, match=r"a: its process was killed by SIGKILL.*--workers.*same command again"):
        run_tasks([Task("a", tasks.vanish, ()), Task("b", tasks.write_facts, (tmp_path / "b",))], workers=2)
    assert (tmp_path / "b").exists()


def test_a_stop_in_this_process_stops_the_tasks_after_it(tmp_path):
    def stop(*, notify):
        raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        run_tasks([Task("a", stop, ()), Task("b", tasks.write_facts, (tmp_path / "b",))], workers=1)
    assert not (tmp_path / "b").exists()


def _started_program(folder: Path) -> subprocess.Popen:
    code = f"import executor_tasks, pathlib; executor_tasks.run_and_wait(pathlib.Path({str(folder)!r}))"
    program = f"if __name__ == '__main__':\n    {code}\n"
    (folder / "program.py").write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(Path(tasks.__file__).parent)}
    process = subprocess.Popen([sys.executable, str(folder / "program.py")], env=environment, start_new_session=True)
    deadline = time.monotonic() + 120
    while len(list(folder.glob("*.started"))) < 2:
        assert time.monotonic() < deadline, "the workers did not start"
        time.sleep(0.05)
    return process


@pytest.mark.parametrize("to_group", [True, False])
def test_ctrl_c_lets_the_workers_store_what_they_have(tmp_path, to_group):
    """From a terminal the whole foreground group gets the signal, from `kill` the parent alone."""
    process = _started_program(tmp_path)
    (os.killpg if to_group else os.kill)(process.pid, signal.SIGINT)
    assert process.wait(60) == 130
    assert len(list(tmp_path.glob("*.stored"))) == 2
