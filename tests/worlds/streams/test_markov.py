import numpy as np
import pytest
from scipy.special import betaln

from ontogeny.worlds import MarkovChains

WORLD = MarkovChains(states=3, length=80)


def test_states_follow_the_chain_of_their_sequence():
    batch = MarkovChains(states=3, length=3000).batch(0, 0, 4)
    for tokens, chain in zip(batch.tokens, batch.hidden, strict=True):
        for state in range(3):
            after = tokens[1:][tokens[:-1] == state]
            expected = np.bincount(after, minlength=3) / len(after)
            np.testing.assert_allclose(expected, chain[state], atol=4 * 0.5 / np.sqrt(len(after)))


@pytest.mark.parametrize("concentration", [0.5, 1.0, 2.0])
def test_the_bayes_answer_is_the_ratio_of_marginal_likelihoods(concentration):
    """With two states each row is a coin: the probability of heads and tails is a quotient of beta functions."""
    world = MarkovChains(states=2, concentration=concentration, length=20)
    batch = world.batch(1, 0, 5)
    answer = world.predictions(batch)

    def evidence(tokens):
        total = 0.0
        for state in (0, 1):
            after = tokens[1:][tokens[:-1] == state]
            ones = after.sum()
            total += betaln(ones + concentration, len(after) - ones + concentration)
        return total

    for tokens, row in zip(batch.tokens, answer, strict=True):
        for position in (0, 7, 18):
            before = evidence(tokens[: position + 1])
            wanted = [np.exp(evidence(np.append(tokens[: position + 1], state)) - before) for state in (0, 1)]
            np.testing.assert_allclose(row[position], np.array(wanted) / sum(wanted))


def test_no_other_answer_is_better_than_the_bayes_answer():
    batch = WORLD.batch(0, 0, 4000, "test")
    bayes, unigram = (
        -np.log(np.take_along_axis(answer[:, :-1], batch.targets[:, :-1, None], axis=2)).mean()
        for answer in (WORLD.predictions(batch), WORLD.unigram(batch))
    )
    truth = np.take_along_axis(batch.hidden, batch.tokens[:, :, None].repeat(3, axis=2), axis=1)[:, :-1]
    floor = -np.log(np.take_along_axis(truth, batch.targets[:, :-1, None], axis=2)).mean()
    assert floor < bayes < unigram < np.log(3)
    for shift in (0.3, -0.3):
        bent = WORLD.predictions(batch)[:, :-1] ** (1 + shift)
        bent /= bent.sum(axis=2, keepdims=True)
        assert -np.log(np.take_along_axis(bent, batch.targets[:, :-1, None], axis=2)).mean() > bayes


def test_the_unigram_answer_counts_what_has_been_seen():
    batch = WORLD.batch(0, 0, 2)
    expected = (np.bincount(batch.tokens[1, :11], minlength=3) + 1) / 14
    np.testing.assert_allclose(WORLD.unigram(batch)[1, 10], expected)


def test_streams_of_a_split_are_its_own():
    assert WORLD.batch(0, 0, 8, "train").tokens.tobytes() != WORLD.batch(0, 0, 8, "test").tokens.tobytes()
    np.testing.assert_array_equal(WORLD.batch(0, 3, 8).tokens, WORLD.batch(0, 3, 8).tokens)


def test_answers_follow_states_that_were_there_before():
    world = MarkovChains(states=4, length=9)
    batch = world.batch(0, 0, 50)
    found = world.answers(batch)
    for row, tokens in enumerate(batch.tokens.tolist()):
        assert [tokens[place] in tokens[:place] for place in range(8)] + [False] == found[row].tolist()
