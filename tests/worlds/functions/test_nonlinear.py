import numpy as np
import pytest

from ontogeny.configuration import validate
from ontogeny.errors import UsageError
from ontogeny.worlds import DecisionTrees, InContext, Inputs, Networks, Quadratics


def examples(functions, size=3, count=4, features=5):
    random = np.random.default_rng(0)
    inputs = random.normal(size=(size, count, features))
    parameters = functions.draw(random, size, features)
    return inputs, parameters, functions.values(parameters, inputs)


def test_quadratics_are_linear_in_squares():
    inputs, weights, values = examples(Quadratics())
    assert values[2, 1] == pytest.approx(weights[2] @ inputs[2, 1] ** 2 / 3**0.5)


def test_networks_are_two_layers_written_out():
    inputs, parameters, values = examples(Networks(neurons=7))
    neurons = parameters[1].reshape(7, 6)
    total = sum(neuron[5] * max(neuron[:5] @ inputs[1, 3], 0) for neuron in neurons)
    assert values[1, 3] == pytest.approx(total * (2 / 7) ** 0.5)


def test_trees_are_walked_from_the_root():
    inputs, parameters, values = examples(DecisionTrees(depth=3), size=20)

    def walk(parameters, x, node=0, level=0):
        if level == 3:
            return parameters[node]
        return walk(parameters, x, 2 * node + (2 if x[int(parameters[node])] > 0 else 1), level + 1)

    for batch in range(20):
        assert values[batch, 2] == walk(parameters[batch], inputs[batch, 2])
    assert {len(set(row)) for row in values} != {1}


def test_a_tree_of_no_questions_is_constant():
    _, parameters, values = examples(DecisionTrees(depth=0))
    np.testing.assert_array_equal(values, parameters.repeat(4, axis=1))


def test_all_components_are_asked_for():
    drawn = DecisionTrees(depth=2).draw(np.random.default_rng(0), 3000, 4)
    np.testing.assert_allclose(np.bincount(drawn[:, :3].astype(int).ravel()) / 9000, 0.25, atol=0.02)


@pytest.mark.parametrize(
    ("functions", "size"), [(Quadratics(), 6), (Networks(neurons=20), 6), (DecisionTrees(depth=3), 1)]
)
def test_values_have_the_promised_mean_square(functions, size):
    outputs = InContext(functions=functions, inputs=Inputs(features=6)).batch(0, 0, 4000).outputs
    assert np.square(outputs).mean() == pytest.approx(size, rel=0.08)


def test_impossible_sizes_are_refused():
    with pytest.raises(UsageError, match=r"neurons: .*greater than or equal to 1"):
        validate(InContext(functions=Networks(neurons=0)))
    with pytest.raises(UsageError, match=r"depth: .*greater than or equal to 0"):
        validate(InContext(functions=DecisionTrees(depth=-1)))
