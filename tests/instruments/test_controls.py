import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.instruments import (
    context_ids,
    control_labels,
    first_and_last_states,
    input_features,
    present_baseline,
    probe_scores,
    split_by_sequence,
)
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch

SEQUENCES, STEPS, VOCABULARY = 400, 6, 5
MASK = np.ones((SEQUENCES, STEPS), dtype=bool)
TOKENS = generator(0, "control tests").integers(0, VOCABULARY, (SEQUENCES, STEPS))
IDS = np.nonzero(MASK)[0]
SPLITS = split_by_sequence(IDS, 0)


def batch_of(tokens: np.ndarray, prompt: int, features: np.ndarray | None = None) -> Batch:
    return Batch(tokens, features, tokens, prompt, None)


def test_equal_surfaces_have_equal_contexts_and_different_ones_differ():
    sequence, position = np.nonzero(MASK)
    surfaces = [
        (place, *TOKENS[row, max(0, place - 1) : place + 1]) for row, place in zip(sequence, position, strict=True)
    ]
    ids = context_ids(TOKENS, MASK, recent=2)
    pairs = set(zip(surfaces, ids.tolist(), strict=True))
    assert len(pairs) == len(set(surfaces)) == len(set(ids.tolist()))


def test_contexts_do_not_depend_on_the_rest_of_the_batch():
    mask = np.zeros((2, STEPS), dtype=bool)
    mask[:, 3] = True
    assert context_ids(TOKENS[5:7], mask)[1] == context_ids(TOKENS, MASK)[6 * STEPS + 3]


def test_control_labels_are_a_function_of_context_distributed_as_the_labels():
    context = generator(0, "contexts").integers(0, 5000, 40_000).astype(np.uint64)
    labels = generator(0, "labels").choice([0, 1, 4], 40_000, p=[0.6, 0.3, 0.1])
    labels[::10] = IGNORE
    control = control_labels(labels, context, seed=0)
    assert (control[::10] == IGNORE).all()
    present = control != IGNORE
    answers: dict[int, set[int]] = {}
    for key, value in zip(context[present].tolist(), control[present].tolist(), strict=True):
        answers.setdefault(key, set()).add(value)
    assert all(len(values) == 1 for values in answers.values())
    share = np.bincount(control[present], minlength=5) / present.sum()
    np.testing.assert_allclose(share, [0.6, 0.3, 0, 0, 0.1], atol=0.03)
    assert (control_labels(labels, context, seed=0) == control).all()
    assert (control_labels(labels, context, seed=1) != control).any()
    assert (control_labels(labels, context, seed=0, name="facing") != control).any()


def test_selectivity_is_high_for_a_represented_state_and_nil_for_memorised_surfaces():
    state = np.cumsum(TOKENS, axis=1)[MASK] % 4
    surface = np.unique(context_ids(TOKENS, MASK, recent=2), return_inverse=True)[1]
    stateful = np.eye(4)[state] + 0.3 * generator(0, "noise").normal(size=(len(state), 4))
    memory = np.eye(surface.max() + 1)[surface]
    control = control_labels(state, context_ids(TOKENS, MASK, recent=2), seed=0)
    both = np.stack([state, control])
    held, forgotten = (one.accuracy for one in probe_scores("linear", stateful, both, SPLITS, seed=0))
    assert held - forgotten > 0.5
    read, memorised = (one.accuracy for one in probe_scores("linear", memory, both, SPLITS, seed=0))
    assert read - memorised < -0.3


def test_input_features_by_hand():
    tokens = np.array([[9, 3, 4, 3], [9, 4, 4, 4]])
    mask = np.array([[True, False, True, False], [False, True, False, False]])
    features = input_features(batch_of(tokens, prompt=1), tokens, mask)
    written, count, place = np.split(features, [6, 8], axis=1)
    # Two token kinds (3, 4) at each of three steps; nothing is shown of what comes after the chosen position.
    assert written.tolist() == [[0, 0, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 0]]
    assert count.tolist() == [[0, 0], [1, 1], [0, 1]]
    assert place.argmax(1).tolist() == [0, 2, 1]


def test_input_features_can_show_the_prompt():
    tokens = np.array([[0, 0, 3, 4], [0, 0, 4, 3]])
    shown = np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], dtype=np.uint8)
    mask = np.array([[False, True, True, False]] * 2)
    features = input_features(batch_of(tokens, 2, shown), tokens, mask, prompt=True)
    assert features[:, -4:].tolist() == [[1, 2, 3, 4]] * 2 + [[5, 6, 7, 8]] * 2
    words = np.array([[7, 8, 3], [8, 8, 4]])
    told = input_features(batch_of(words, 2), words, np.ones_like(words, dtype=bool), prompt=True)
    assert told[[0, 3], -4:].tolist() == [[1, 0, 0, 1], [0, 1, 0, 1]]


def test_first_and_last_states_by_hand():
    unknown = IGNORE
    facing = np.array([[unknown, 0, 1, 2, unknown], [unknown, 3, 0, unknown, unknown]])[:, :, None]  # one example
    mask = np.array([[False, True, True, False, False], [False, True, False, False, False]])
    found = first_and_last_states({"facing": facing}, mask, examples=(0,))
    # First states are 0 and 3, last ones 2 and 0: each one-hot over the two that occur.
    assert found.tolist() == [[1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]]


def test_the_input_alone_tells_what_it_determines_and_no_more():
    features = input_features(batch_of(TOKENS, 0), TOKENS, MASK)
    hidden_state = generator(1, "unseen").integers(0, 4, len(IDS))
    first = TOKENS[IDS, 0]
    told, untold = probe_scores("linear", features, np.stack([first, hidden_state]), SPLITS, seed=0)
    assert told.accuracy == 1
    assert abs(untold.accuracy - 0.25) < 5 * np.sqrt(0.25 * 0.75 / untold.samples)


def test_the_present_baseline_finds_functions_of_the_present_even_joint_ones():
    first, second = generator(0, "present").integers(0, 3, (2, len(IDS)))
    present = np.stack([first, second])
    future = np.stack([first, (first + second) % 3, generator(0, "future").integers(0, 3, len(IDS))])
    future[1, ::5] = IGNORE
    copied, joint, free = present_baseline(present, future, SPLITS)
    assert (copied.accuracy, joint.accuracy) == (1, 1)
    assert joint.samples == (SPLITS.test & (future[1] != IGNORE)).sum()
    assert abs(free.accuracy - 1 / 3) < 5 * np.sqrt(2 / 9 / free.samples)


def test_the_present_baseline_answers_states_it_has_not_met():
    # Every joint state occurs once: only the regression can carry over.
    rank = generator(0, "rank").permutation(len(IDS))
    columns = np.stack([rank % 40, rank // 40])
    (found,) = present_baseline(columns, (columns[:1] >= 20).astype(int), SPLITS)
    assert found.accuracy == 1


def test_the_present_baseline_needs_a_present():
    with pytest.raises(UsageError, match="at least one column"):
        present_baseline(np.zeros((0, len(IDS)), dtype=int), np.zeros((1, len(IDS)), dtype=int), SPLITS)
