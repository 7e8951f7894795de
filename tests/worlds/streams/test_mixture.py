import numpy as np
import pytest

from ontogeny.configuration import from_plain, to_plain
from ontogeny.errors import UsageError
from ontogeny.studies.head_importance.settings import TASKS
from ontogeny.training import KINDS
from ontogeny.worlds import IGNORE, Addition, AssociativeRecall, Majority, Mixture

SMALL = Mixture(tasks=(Majority(bits=3, blocks=2), AssociativeRecall(keys=4, values=3, pairs=2, draws=5)))


def test_sequences_are_those_of_the_task_that_their_first_token_names():
    batch = SMALL.batch(0, 5, 200)
    counts = np.bincount(batch.hidden)
    for place, task in enumerate(SMALL.tasks):
        rows = batch.hidden == place
        inner = task.batch(0, 5, int(counts[place]))
        assert (batch.tokens[rows, 0] == 7 + place).all()
        order = np.lexsort(batch.tokens[rows, 1 : 1 + task.length].T)
        np.testing.assert_array_equal(
            batch.tokens[rows, 1 : 1 + task.length][order], inner.tokens[np.lexsort(inner.tokens.T)]
        )
        assert (batch.targets[rows, 1 + task.length :] == IGNORE).all()
    assert SMALL.vocabulary == (*(f"s{i}" for i in range(7)), "majority", "associative_recall")
    assert SMALL.length == 11


def test_how_many_are_of_each_task_follows_from_seed_and_step():
    def counts(seed, step):
        return np.bincount(SMALL.batch(seed, step, 40).hidden, minlength=2).tolist()

    assert counts(0, 1) == counts(0, 1)
    assert len({tuple(counts(seed, step)) for seed in range(3) for step in range(5)}) > 5
    assert np.mean([counts(0, step)[0] for step in range(100)]) == pytest.approx(20, abs=1)


def test_the_truth_names_task_and_answer():
    batch = SMALL.batch(0, 0, 50)
    truth = SMALL.truth(batch)
    assert truth["task"].shape == batch.tokens.shape
    np.testing.assert_array_equal(truth["task"][:, 0], batch.tokens[:, 0] - SMALL.symbols)
    rows, places = np.nonzero(truth["answer"] != IGNORE)
    np.testing.assert_array_equal(truth["answer"][rows, places], batch.tokens[rows, places + 1])


@pytest.mark.parametrize("task", TASKS.tasks, ids=TASKS.names)
def test_chance_is_what_the_best_guess_reaches_that_minds_no_token(task):
    batch = TASKS.only(task.kind, 0, 0, 4000)
    right = total = 0
    for targets in batch.targets.T:
        answers = targets[targets != IGNORE]
        right += np.bincount(answers).max() if len(answers) else 0
        total += len(answers)
    assert total
    assert right / total == pytest.approx(task.chance, abs=0.025)


@pytest.mark.parametrize("task", TASKS.tasks, ids=TASKS.names)
def test_a_task_alone_is_a_pure_function_with_streams_of_its_own(task):
    batch = TASKS.only(task.kind, 0, 3, 20, "test")
    np.testing.assert_array_equal(batch.tokens, TASKS.only(task.kind, 0, 3, 20, "test").tokens)
    assert (batch.tokens != TASKS.only(task.kind, 0, 3, 20, "train").tokens).any()
    assert batch.learned.any(axis=1).mean() > 0.9
    assert from_plain(KINDS[task.kind](), to_plain(task)) == task


def test_its_plain_form_tells_tasks_apart():
    assert from_plain(Mixture, to_plain(TASKS)) == TASKS
    assert KINDS["mixture"]() is Mixture


def test_errors_say_what_was_expected():
    with pytest.raises(UsageError, match=r"none of a kind twice, given .*'addition', 'addition'"):
        Mixture(tasks=(Addition(), Addition(base=3)))
    with pytest.raises(UsageError, match="unknown task 'majorty'; did you mean 'majority'"):
        SMALL.only("majorty", 0, 0, 1)
