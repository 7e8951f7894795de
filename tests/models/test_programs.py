"""Programs in weights against what they should compute."""

import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments.in_context import predictor
from ontogeny.models.programs import Program, Registers, Stage, descent_program, sherman_morrison_program
from ontogeny.references.in_context import gradient_descent, ridge
from ontogeny.worlds import InContext, Inputs


def episodes(features, examples, size=200):
    random = torch.Generator().manual_seed(0)
    inputs = torch.randn(size, examples + 1, features, generator=random)
    outputs = (inputs * torch.randn(size, 1, features, generator=random)).sum(-1)
    return inputs, outputs + 0.3 * torch.randn(outputs.shape, generator=random)


def answers(program, inputs, outputs):
    world = InContext(inputs=Inputs(features=inputs.shape[2]), examples=inputs.shape[1])
    with torch.no_grad():
        return predictor(program.build(inputs.shape[1] - 1), world)(inputs, outputs, last=True)


@pytest.mark.parametrize(("rates", "examples"), [([0.3], 1), ([0.5], 6), ([0.4, 0.2, 0.3], 6)])
def test_layers_make_steps_of_gradient_descent(rates, examples):
    shown = episodes(3, examples)
    wanted = gradient_descent(rates)(*shown, last=True)
    torch.testing.assert_close(answers(descent_program(3, rates), *shown), wanted, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("features", "examples", "penalty"), [(3, 1, 0.5), (3, 6, 0.25), (4, 8, 1.0), (2, 1, 0.1)])
def test_layers_regress_by_sherman_and_morrison(features, examples, penalty):
    shown = episodes(features, examples)
    wanted = ridge(penalty)(*shown, last=True)
    program = sherman_morrison_program(features, examples, penalty)
    assert len(program.stages) == 4 * examples + 2
    torch.testing.assert_close(answers(program, *shown), wanted, atol=1e-6, rtol=0)


def test_neurons_divide_by_what_the_norm_is_told():
    own = Registers()
    x, y = own.take(2), own.take()[0]
    divisor, answer, unit = own.take(3)
    stages = [
        Stage(sums=[(x[1], divisor, 1e7)], constants=[(unit, -1e14)]),
        Stage(sums=[(x[0], answer, 1.0)], constants=[(unit, 1e14)], divided=True),
    ]
    inputs = 0.5 + torch.rand(50, 2, 2, generator=torch.Generator().manual_seed(1))
    given = answers(Program(own, x, y, [], unit, answer, stages), inputs, torch.zeros(50, 2))
    asked = inputs[:, -1:].double()
    torch.testing.assert_close(given, asked[..., 0] / asked[..., 1], atol=1e-8, rtol=0)


def test_another_number_of_examples_is_refused():
    with pytest.raises(UsageError, match="written for 3 examples, given 4"):
        sherman_morrison_program(2, 3, 1.0).build(4)
