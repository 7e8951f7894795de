import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import IGNORE, LegoChains

WORLDS = {
    "chain": LegoChains(letters=7, chains=(6,), learned=3),
    "two chains": LegoChains(letters=10, chains=(5, 4), learned=5),
}
every_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())


def solved(world, tokens):
    """From the text alone, read as words: of each position that defines a variable its sign and its steps from 1."""
    words = [world.vocabulary[token] for token in tokens]
    clauses = {words[i]: (words[i + 1], words[i + 2], i) for i in range(0, len(words), 3)}
    assert len(clauses) == len(words) // 3, "no variable is defined twice"

    def follow(variable):
        sign, reference, _ = clauses[variable]
        if reference == "1":
            return (sign == "-"), 0
        negative, steps = follow(reference)
        return negative != (sign == "-"), steps + 1

    return {place: follow(variable) for variable, (_, _, place) in clauses.items()}


@every_world
def test_values_and_depths_are_those_that_the_text_says(world):
    batch = world.batch(3, 1, 40, "test")
    truth = world.truth(batch)
    for row, tokens in enumerate(batch.tokens):
        answers = solved(world, tokens)
        assert set(np.flatnonzero(truth["value"][row] != IGNORE)) == set(answers)
        for place, (negative, steps) in answers.items():
            assert world.vocabulary[truth["value"][row, place]] == ("-" if negative else "+")
            assert truth["depth"][row, place] == steps
        for number, size in enumerate(world.chains):
            assert sorted(truth["depth"][row][truth["chain"][row] == number]) == list(range(size))


@every_world
def test_only_the_beginnings_of_chains_carry_loss(world):
    batch = world.batch(0, 0, 60)
    truth = world.truth(batch)
    told = (truth["depth"] != IGNORE) & (truth["depth"] < world.learned)
    np.testing.assert_array_equal(batch.learned, told)
    np.testing.assert_array_equal(batch.targets[told], truth["value"][told])
    assert batch.prompt == batch.tokens.shape[1] == world.length


@every_world
def test_the_source_is_where_the_same_letter_is_defined(world):
    batch = world.batch(1, 5, 50, "probe")
    source = world.truth(batch)["source"]
    rows, places = np.nonzero(source != IGNORE)
    assert (places % 3 == 2).all()
    assert (source[rows, places] % 3 == 0).all()
    np.testing.assert_array_equal(batch.tokens[rows, source[rows, places]], batch.tokens[rows, places])
    assert len(rows) == 50 * (world.clauses - len(world.chains))  # all but the roots


@every_world
def test_a_swap_changes_one_token_and_the_last_value_where_it_says_so(world):
    batch = world.batch(2, 0, 200, "test")
    other, changed = world.swapped(batch, 2)
    before, after = world.truth(batch), world.truth(other)
    differing = batch.tokens != other.tokens
    assert (differing.sum(axis=1) == 1).all()
    last = (before["depth"] == world.chains[0] - 1) & (before["chain"] == 0)
    np.testing.assert_array_equal(np.roll(differing, -2, axis=1), last)
    np.testing.assert_array_equal(before["value"][last] != after["value"][last], changed)
    for row, tokens in enumerate(other.tokens):
        place = int(np.flatnonzero(last[row])[0])
        assert world.vocabulary[after["value"][row, place]] == ("-" if solved(world, tokens)[place][0] else "+")
    assert 0.3 < changed.mean() < 0.7


def test_counting_signs_gives_the_last_value_of_a_single_chain_only():
    for world, works in zip(WORLDS.values(), (True, False), strict=True):
        batch = world.batch(0, 0, 400)
        truth = world.truth(batch)
        counted = (batch.tokens == world.letters + 1).sum(axis=1) % 2
        place = (truth["depth"] == world.chains[0] - 1) & (truth["chain"] == 0)
        last = truth["value"][place] - world.letters
        assert (counted == last).all() == works
        assert abs((counted == last).mean() - (1.0 if works else 0.5)) < 0.1


def test_streams_of_a_split_are_its_own():
    world = LegoChains()
    assert world.batch(0, 0, 8, "train").tokens.tobytes() != world.batch(0, 0, 8, "test").tokens.tobytes()
    np.testing.assert_array_equal(world.batch(0, 3, 8).tokens, world.batch(0, 3, 8).tokens)


def test_errors_say_what_was_expected():
    with pytest.raises(UsageError, match="learned: expected at most the first chain's 8, given 9"):
        LegoChains(learned=9)
    with pytest.raises(UsageError, match="expected at least 13 letters, given 12"):
        LegoChains(chains=(8, 5))
    with pytest.raises(UsageError, match="the first of 3 clauses or more, given \\(2, 4\\)"):
        LegoChains(chains=(2, 4))
