import pytest

import executor_tasks as tasks
from ontogeny.errors import OntogenyError, UsageError
from ontogeny.lab.executor import Task, run_tasks


def test_nothing_to_do_is_done():
    finished = []
    run_tasks([], finished=finished.append)
    assert finished == []


@pytest.mark.parametrize("workers", [1, 2])
def test_what_fails_is_named_and_the_rest_is_carried_out(tmp_path, workers):
    finished = []
    work = [
        Task("first", tasks.complain, (False,)),
        Task("second", tasks.write_facts, (tmp_path / "second",)),
        Task("third", tasks.complain, (True,)),
    ]
    with pytest.raises(OntogenyError, match="2 of 3 failed") as caught:
        run_tasks(work, workers=workers, finished=lambda task: finished.append(task.label))
    assert "first: it does not fit" in str(caught.value)
    assert "third: it does not fit" in str(caught.value)
    assert caught.value.exit_code == 2
    assert finished == ["second"]
    assert (tmp_path / "second").exists()


def test_a_single_task_fails_with_its_own_error():
    with pytest.raises(UsageError, match=r"^it does not fit$"):
        run_tasks([Task("only", tasks.complain, (True,))])


def test_too_few_workers():
    with pytest.raises(UsageError, match="expected 1 or more, given 0"):
        run_tasks([Task("a", tasks.stumble, ())], workers=0)
