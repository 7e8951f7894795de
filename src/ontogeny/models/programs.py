"""Weights written by hand that run a program: registers in the residual stream, moved, multiplied and divided.

The operations are those of Akyurek et al. (2022): attention moves registers from one position to all, or averages them
over the prompt; neurons add registers, and multiply two by what GELU bends (its even part is z^2 / sqrt(2 pi), but for
terms of fourth order); the norm divides. Numbers are double: products come as differences of nearly equal ones.

A norm in front of everything must do nothing where nothing is to be divided: one register, `unit`, holds a number so
large that the norm divides by it alone, and weights multiply by it again. Where all is to be divided by a number a, a
register `divisor` holds a times another large number, and the unit is set to 0 for the length of one layer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import torch

from ontogeny.errors import UsageError
from ontogeny.models.network import Layer, TransformerModel
from ontogeny.models.transformer import Transformer

UNIT, DIVISOR = 1e14, 1e7
"""Both squares must be large beside those of all other registers, and the first beside that of the second."""
SMALL = 1e-6
"""What registers are multiplied by before GELU: terms of fourth order then have 1e-12 of the product."""
FAR = 200.0
"""By how much the score of the position wanted exceeds all others': their share of attention is 0 in fp32."""

Sum = tuple[int, int, float]
"""So many times the first register is added to the second."""
Product = tuple[int, int, int, float]
"""So many times the product of the first two registers is added to the third."""


@dataclass(frozen=True)
class Stage:
    """What one layer does: what attention adds to registers everywhere, then what neurons add at each position."""

    moves: Sequence[Sum] = ()
    place: int | None = None
    """The position whose registers are moved; None: the mean over the prompt's."""
    sums: Sequence[Sum] = ()
    products: Sequence[Product] = ()
    constants: Sequence[tuple[int, float]] = ()
    """Added to these registers."""
    divided: bool = False
    """Neurons read every register divided by what `divisor` holds, in units of `DIVISOR`."""

    @property
    def neurons(self) -> int:
        return 2 * len(self.sums) + 3 * len(self.products)


@dataclass
class Registers:
    """Names for components of the residual stream; `take` gives the next ones."""

    size: int = 0
    starts: dict[int, float] = field(default_factory=dict)
    """What registers hold at every position to begin with, if not 0."""

    def take(self, count: int = 1, start: float = 0.0) -> list[int]:
        found = list(range(self.size, self.size + count))
        self.size += count
        if start:
            self.starts |= dict.fromkeys(found, start)
        return found


@dataclass(frozen=True)
class Program:
    """Stages, and where they find an example and leave their answer."""

    registers: Registers
    inputs: Sequence[int]
    """Hold x of the position's own example ..."""
    output: int
    """... and its y, 0 where it is asked for."""
    places: Sequence[int]
    """Hold 1 at the position of this number, where stages ask for single positions."""
    unit: int
    answer: int
    stages: Sequence[Stage]

    @property
    def config(self) -> Transformer:
        """The transformer that has room for it: one head, GELU, norms that divide by the root mean square."""
        return Transformer(
            layers=len(self.stages),
            width=self.registers.size,
            heads=1,
            mlp=max(stage.neurons for stage in self.stages),
            mask="given",
            positions="learned",
            norm="rms",
        )

    def build(self, examples: int) -> TransformerModel:
        """The model that runs the program on so many examples [x; y] and then [x; 0], in double precision."""
        if self.places and len(self.places) != examples:
            raise UsageError(f"the program is written for {len(self.places)} examples, given {examples}")
        shape = {"vocab": 1, "feature_size": len(self.inputs) + 1, "length": examples + 1}
        model = self.config.build(**shape, seed=0).double()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.fill_(float("norm" in name))
            self._write_ends(model)
            for layer, stage in zip(model.layers, self.stages, strict=True):
                self._write_attention(cast(Layer, layer), stage)
                self._write_neurons(cast(Layer, layer), stage)
        return model

    @property
    def _scale(self) -> float:
        """By what the norm leaves of a register, to have the register again."""
        return UNIT / math.sqrt(self.registers.size)

    def _write_ends(self, model: TransformerModel) -> None:
        assert model.feature_map is not None  # the configuration has both
        assert model.position_table is not None
        features, table = model.feature_map.weight, model.position_table.weight
        features[[*self.inputs, self.output], list(range(len(self.inputs) + 1))] = 1
        for register, start in {**self.registers.starts, self.unit: UNIT}.items():
            table[:, register] = start
        for position, register in enumerate(self.places):
            table[position, register] = 1
        model.head.weight[0, self.answer] = self._scale

    def _write_attention(self, layer: Layer, stage: Stage) -> None:
        attention, width = layer.attention, self.registers.size
        _, key, value = attention.input.weight.view(3, width, width)
        for read, written, times in stage.moves:
            value[written, read] += times * self._scale
        attention.output.weight.copy_(torch.eye(width))
        if stage.place is not None:  # queries, alike everywhere, look for this place's register
            key[0, self.places[stage.place]] = self._scale
            attention.input.bias[0] = FAR * math.sqrt(width)

    def _write_neurons(self, layer: Layer, stage: Stage) -> None:
        assert layer.mlp is not None
        into, out = layer.mlp.input.weight, layer.mlp.output.weight  # [neuron, width], [width, neuron]
        scale = self._scale * (DIVISOR / UNIT if stage.divided else 1)
        neuron = 0
        for read, written, times in stage.sums:  # gelu(z) - gelu(-z) = z
            for sign in (1, -1):
                into[neuron, read] = sign * scale
                out[written, neuron] = sign * times
                neuron += 1
        for left, right, written, times in stage.products:  # gelu(a + b) - gelu(a) - gelu(b)
            for sign, parts in ((1, (left, right)), (-1, (left,)), (-1, (right,))):
                for part in parts:
                    into[neuron, part] += SMALL * scale
                out[written, neuron] = sign * times * math.sqrt(math.pi / 2) / SMALL**2
                neuron += 1
        for register, value in stage.constants:
            layer.mlp.output.bias[register] = value


def descent_program(features: int, rates: Sequence[float]) -> Program:
    """Steps of gradient descent on half the mean squared error, from weights 0: two layers a step and one to answer.

    With one example, a step is that of Akyurek et al. (2022, theorem 1).
    """
    own = Registers()
    x, g, w = (own.take(features) for _ in range(3))
    y, rest, answer, unit = own.take(4)
    explain = [(left, right, rest, -1.0) for left, right in zip(w, x, strict=True)]
    stages = []
    for step, _ in enumerate(rates):
        stages += [
            Stage(_update(w, g, rates, step), sums=[(y, rest, 1.0), (rest, rest, -1.0)], products=explain),
            Stage(
                sums=[(part, part, -1.0) for part in g],
                products=[(rest, left, right, 1.0) for left, right in zip(x, g, strict=True)],
            ),
        ]
    products = [(left, right, answer, 1.0) for left, right in zip(w, x, strict=True)]
    stages.append(Stage(_update(w, g, rates, len(rates)), products=products))
    return Program(own, x, y, [], unit, answer, stages)


def _update(weights: list[int], gradient: list[int], rates: Sequence[float], step: int) -> list[Sum]:
    """What attention adds to the weights: the mean of what the step before wrote."""
    return [(read, written, rates[step - 1]) for read, written in zip(gradient, weights, strict=True)] if step else []


def sherman_morrison_program(features: int, examples: int, penalty: float) -> Program:
    """Ridge regression in closed form, an example after the other: four layers each and two to answer.

    P, the inverse of (penalty + sum of x x^T), follows from that of one example less (Sherman & Morrison 1950; Akyurek
    et al. 2022, theorem 2): with u = P x it loses u u^T / (1 + x . u). Its d^2 entries are registers.
    """
    own = Registers()
    x, example, b, u, v, w = (own.take(features) for _ in range(6))
    y, value, divisor, answer, unit = own.take(5)
    places = own.take(examples)
    p = [
        [own.take(1, start=float(row == column) / penalty)[0] for column in range(features)] for row in range(features)
    ]
    each = range(features)
    used = [*example, *u, *v, value, divisor]
    stages = []
    for place in range(examples):
        stages += [
            Stage(
                [*((x[i], example[i], 1.0) for i in each), (y, value, 1.0)],
                place,
                products=[
                    *((p[i][j], example[j], u[i], 1.0) for i in each for j in each),
                    *((value, example[i], b[i], 1.0) for i in each),
                ],
            ),
            Stage(
                products=[(example[i], u[i], divisor, DIVISOR) for i in each],
                constants=[(divisor, DIVISOR), (unit, -UNIT)],
            ),
            Stage(sums=[(u[i], v[i], 1.0) for i in each], constants=[(unit, UNIT)], divided=True),
            Stage(
                sums=[(part, part, -1.0) for part in used],
                products=[(v[i], u[j], p[i][j], -1.0) for i in each for j in each],
            ),
        ]
    stages += [
        Stage(products=[(p[i][j], b[j], w[i], 1.0) for i in each for j in each]),
        Stage(products=[(w[i], x[i], answer, 1.0) for i in each]),
    ]
    return Program(own, x, y, places, unit, answer, stages)
