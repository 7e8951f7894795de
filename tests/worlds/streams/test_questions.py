import numpy as np
import pytest

from ontogeny.worlds import LegoChains, LegoQuestions

WORLD = LegoQuestions(chains=LegoChains(letters=7, chains=(3, 2), learned=2))


def test_what_is_asked_follows_from_the_text():
    batch = WORLD.batch(0, 0, 100)
    plus, minus, root = 7, 8, 9
    for row in batch.tokens.tolist():
        clauses = {row[place]: (row[place + 1], row[place + 2]) for place in range(0, 15, 3)}

        def value(variable, clauses=clauses):
            sign, refers = clauses[variable]
            before = plus if refers == root else value(refers)
            return plus if sign == before else minus

        asked = row[15:]
        assert [value(variable) for variable in asked[::2]] == asked[1::2]
        first = {variable for variable, (_, refers) in clauses.items() if refers == root}
        assert set(asked[::2]) == first | {v for v, (_, refers) in clauses.items() if refers in first}


def test_questions_come_in_random_order_and_carry_the_loss():
    batch = WORLD.batch(0, 0, 400)
    assert WORLD.length == batch.tokens.shape[1] == 23
    assert WORLD.answers(batch).nonzero()[1].tolist() == [15, 17, 19, 21] * 400
    roots = np.take_along_axis(batch.tokens, 3 * batch.hidden.places[:, :1], axis=1)  # the first chain's
    place = (batch.tokens[:, 15::2] == roots).argmax(axis=1)
    assert np.bincount(place) / 400 == pytest.approx([0.25] * 4, abs=0.08)
    assert (batch.tokens[:, 16::2] == 7).mean() == pytest.approx(WORLD.chance, abs=0.05)
