"""Which algorithm is this? Predictors that learn inside the forward pass, held against one another.

A predictor takes the examples of episodes, inputs [batch, example, input] and outputs [batch, example], and predicts
each output from the examples before (`references.in_context.Predictor`). `predictor` makes one of a model.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ontogeny.errors import UsageError
from ontogeny.references.in_context import Predictor
from ontogeny.worlds.functions.world import InContext
from ontogeny.worlds.world import Split

Inputs = Float[Tensor, "batch example input"]
Outputs = Float[Tensor, "batch example"]


def episodes(world: InContext, seed: int, size: int, split: Split = "test") -> tuple[Tensor, Tensor]:
    """Inputs [batch, example, input] and outputs [batch, example] of so many episodes."""
    batch = world.batch(seed, 0, size, split)
    return torch.from_numpy(batch.inputs), torch.from_numpy(batch.outputs)


def predictor(model: nn.Module, world: InContext) -> Predictor:
    """The model as a predictor: shown examples as the world shows them."""

    def asked(inputs: Tensor, outputs: Tensor) -> Tensor:
        """Predictions at the last example of pairs, at all of interleaved ones."""
        shown = world.episodes(inputs.detach().float().numpy(), outputs.detach().float().numpy())
        features, step = torch.from_numpy(shown.features), 1 if world.shown == "pairs" else 2
        first = shown.features.shape[1] - 1 if world.shown == "pairs" else 0
        features[:, first::step, :-1] = inputs[:, first // step :].float()  # again, as a function of the inputs
        given = model(torch.from_numpy(shown.tokens), features, prompt=shown.prompt, first=first)
        return given[:, ::step, 0]

    def predict(inputs: Tensor, outputs: Tensor, *, last: bool = False) -> Tensor:
        if last or world.shown == "interleaved":
            found = asked(inputs, outputs)
            return found[:, -1:] if last else found
        places = range(1, inputs.shape[1] + 1)
        return torch.cat([asked(inputs[:, :place], outputs[:, :place]) for place in places], dim=1)

    return predict


def losses(predict: Predictor, inputs: Inputs, outputs: Outputs, *, last: bool = False) -> Float[Tensor, " asked"]:
    """Half the mean squared error, by the number of examples before the prediction, or at the `last` example only."""
    with torch.no_grad():
        given = predict(inputs, outputs, last=last)
    return (given - outputs[:, -given.shape[1] :]).double().square().mean(dim=0) / 2


def prediction_difference(one: Predictor, other: Predictor, inputs: Inputs, outputs: Outputs) -> float:
    """The mean squared difference of predictions at the last example (Akyurek et al. 2022)."""
    with torch.no_grad():
        given = [predict(inputs, outputs, last=True).double() for predict in (one, other)]
    return (given[0] - given[1]).square().mean().item()


def sensitivities(predict: Predictor, inputs: Inputs, outputs: Outputs) -> Float[Tensor, "batch input"]:
    """The gradient of the last prediction by the input at which it is made."""
    inputs = inputs.detach().clone().requires_grad_()
    (found,) = torch.autograd.grad(predict(inputs, outputs, last=True).sum(), inputs)
    return found[:, -1].double()


def sensitivity_cosine(one: Predictor, other: Predictor, inputs: Inputs, outputs: Outputs) -> float:
    """The mean cosine between the two sensitivities."""
    found = (sensitivities(predict, inputs, outputs) for predict in (one, other))
    return torch.cosine_similarity(next(found), next(found), dim=-1).mean().item()


def implicit_weights(
    predict: Predictor, inputs: Inputs, outputs: Outputs, queries: Float[Tensor, "query input"]
) -> tuple[Float[Tensor, "batch input"], float]:
    """The linear function nearest to what is predicted at `queries` in place of the last input, and how near it is.

    The second value is the share of the predictions' mean square that the linear functions explain.
    """
    if len(queries) <= queries.shape[1]:
        raise UsageError(f"implicit weights: expected more than {queries.shape[1]} queries, given {len(queries)}")
    given = []
    with torch.no_grad():
        for query in queries:
            asked = torch.cat((inputs[:, :-1], query.expand(len(inputs), 1, -1)), dim=1)
            given.append(predict(asked, outputs, last=True)[:, 0].double())
    wanted = torch.stack(given)  # [query, batch]
    weights = torch.linalg.lstsq(queries.double(), wanted).solution
    left = (queries.double() @ weights - wanted).square().sum() / wanted.square().sum()
    return weights.T, 1 - left.item()


def nearest(predict: Predictor, grid: Mapping[str, Predictor], inputs: Inputs, outputs: Outputs) -> dict[str, float]:
    """The prediction difference from each of the named predictors, relative to their mean square, nearest first."""
    found = {}
    for name, other in grid.items():
        size = other(inputs, outputs, last=True).square().mean().item()
        found[name] = prediction_difference(predict, other, inputs, outputs) / size
    return dict(sorted(found.items(), key=lambda item: item[1]))
