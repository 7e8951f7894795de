import os

import pytest

import executor_tasks as tasks
import toy_study
from ontogeny.errors import OntogenyError, UsageError
from ontogeny.lab.executor import Task, run_tasks
from ontogeny.lab.executors import ray as ours
from ontogeny.lab.executors.local import LocalExecutor
from ontogeny.lab.executors.ray import RayExecutor, _Share, _share
from ontogeny.lab.study_run import run_study


def test_a_worker_gets_an_equal_share_of_one_node_and_a_whole_gpu():
    machine = [{"CPU": 2.0}]
    assert _share(machine, tasks=3, workers=None) == _Share(2, 1, 0)
    assert _share(machine, tasks=1, workers=None) == _Share(1, 2, 0)
    assert _share(machine, tasks=3, workers=4) == _Share(3, 1, 0)
    cluster = [{"CPU": 64.0, "GPU": 8.0}, {"CPU": 32.0, "GPU": 4.0}, {"memory": 1.0}]
    assert _share(cluster, tasks=100, workers=None) == _Share(12, 8, 1)
    assert _share(cluster, tasks=1, workers=None) == _Share(1, 32, 1)
    with pytest.raises(UsageError, match="no node with a CPU"):
        _share([{"GPU": 1.0}], tasks=1, workers=None)


@pytest.fixture(scope="module")
def cluster(importable):
    """Four cores and two GPUs, some of which exist on paper only."""
    ray = pytest.importorskip("ray", reason="needs the extra [ray]")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init("local", num_cpus=4, num_gpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=2**27)
    yield ray
    ray.shutdown()


def test_nothing_to_do_starts_nothing():
    assert list(RayExecutor().as_completed(lambda notice: None)) == []


@pytest.mark.slow
def test_workers_have_their_threads_and_a_gpu_of_their_own(cluster, tmp_path):
    notices, work = [], [Task(name, tasks.write_facts, (tmp_path / name,)) for name in "ab"]
    run_tasks(work, executor=RayExecutor(), notify=notices.append)
    facts = [(tmp_path / name).read_text().split() for name in "ab"]
    assert [rest for _, *rest in facts] == [["2", "2"]] * 2
    assert {notice.task for notice in notices} == {"a", "b"}
    (tmp_path / "gpus").mkdir()
    run_tasks([Task(name, tasks.write_gpus, (tmp_path / "gpus" / name,)) for name in "ab"], executor=RayExecutor())
    assert {(tmp_path / "gpus" / name).read_text() for name in "ab"} == {"0", "1"}


@pytest.mark.slow
def test_what_fails_is_named_and_the_rest_is_carried_out(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(ours, "RETRIES", 0)
    work = [
        Task("wrong", tasks.complain, (True,)),
        Task("bug", tasks.stumble, ()),
        Task("lost", tasks.vanish, ()),
        Task("right", tasks.write_facts, (tmp_path / "right",)),
    ]
    with pytest.raises(OntogenyError, match="3 of 4 failed") as caught:
        run_tasks(work, executor=RayExecutor())
    assert "wrong: it does not fit" in str(caught.value)
    assert "ZeroDivisionError: a bug" in str(caught.value)
    assert "lost: its worker was lost 1 times" in str(caught.value)
    assert caught.value.exit_code == 2
    assert (tmp_path / "right").exists()


@pytest.fixture
def as_many_cores_here(monkeypatch):
    """As the cluster has: then as many workers get as many threads."""
    monkeypatch.setattr("ontogeny.lab.executors.local.available_cores", lambda: 4)


@pytest.mark.slow
@pytest.mark.usefixtures("as_many_cores_here")
def test_a_study_comes_out_as_on_this_machine_to_the_bit(cluster, tmp_path):
    here = run_study(toy_study.study, tmp_path / "here", preset="smoke", seeds=range(2), workers=2)
    there = run_study(toy_study.study, tmp_path / "there", preset="smoke", seeds=range(2), executor=RayExecutor(2))
    assert there.quantities.equals(here.quantities)
    assert there.tables["sizes"].equals(here.tables["sizes"])
    assert tasks.weights(tmp_path / "there") == tasks.weights(tmp_path / "here") != {}


@pytest.mark.slow
@pytest.mark.usefixtures("as_many_cores_here")
@pytest.mark.parametrize("workers", [2, 4])
def test_a_worker_killed_in_mid_training_is_replaced_and_all_is_as_on_this_machine(cluster, tmp_path, workers):
    executors = {"there": RayExecutor(workers), "here": LocalExecutor(workers)}
    for name, executor in executors.items():
        store = tmp_path / name
        store.mkdir()
        dying = {0: name == "there"}
        work = [Task(str(n), tasks.train_dying_once, (store, dying.get(n, False), n)) for n in range(4)]
        run_tasks(work, executor=executor)
    assert (tmp_path / "there" / "died").exists()
    assert tasks.weights(tmp_path / "there") == tasks.weights(tmp_path / "here")
    assert len(list((tmp_path / "there").glob("*/*/DONE"))) == 4


@pytest.mark.slow
def test_leaving_early_lets_the_workers_store_what_they_have(cluster, tmp_path):
    executor = RayExecutor()
    for name in "ab":
        executor.submit(Task(name, tasks.wait_until_stopped, (tmp_path,)))
    executor.submit(Task("quick", tasks.write_facts, (tmp_path / "quick",)))

    def stop_when_started(notice) -> None:
        if len(list(tmp_path.glob("*.started"))) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(executor.as_completed(stop_when_started))
    assert len(list(tmp_path.glob("*.stored"))) == 2
    assert not (tmp_path / "quick").exists()
