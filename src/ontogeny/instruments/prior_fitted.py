"""Models trained on data sets of a prior, asked about a data set of one's own."""

from collections.abc import Mapping
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ontogeny.errors import UsageError
from ontogeny.instruments.calibration import Barred
from ontogeny.models.bars import Bars
from ontogeny.worlds.functions.prior_data import PriorData
from ontogeny.worlds.functions.prior_tables import PriorTables


class PriorFitted:
    """The model as a method of inference: one forward pass from examples to predictive densities, without fitting.

    Inputs and outputs are on the scale of the world's prior.
    """

    def __init__(self, model: nn.Module, world: PriorData) -> None:
        self._model, self.world = model.eval(), world
        self._bars = _bars(world)

    def __call__(
        self,
        inputs: Float[Tensor, "batch example input"],
        outputs: Float[Tensor, "batch example"],
        asked: Float[Tensor, "batch asked input"],
    ) -> Barred:
        """The predictive densities of the outputs at the inputs asked for; each question is answered by itself.

        Raises: UsageError where values are missing, or the sizes are not those that the model was trained on.
        """
        _complete({"inputs": inputs, "outputs": outputs, "inputs asked for": asked})
        features = self.world.inputs.features
        if inputs.shape[2] != features or asked.shape[2] != features:
            raise UsageError(
                f"this model was trained on {features} inputs an example; given {inputs.shape[2]}, and asked at "
                f"{asked.shape[2]}"
            )
        _enough(self.world.shown, inputs, asked)
        at_once = self.world.length - inputs.shape[1]
        with torch.no_grad():
            logits = [self._ask(inputs, outputs, part) for part in asked.split(at_once, dim=1)]
        return Barred(self._bars, torch.cat(logits, dim=1))

    def _ask(self, inputs: Tensor, outputs: Tensor, asked: Tensor) -> Float[Tensor, "batch asked bucket"]:
        together = torch.cat((inputs, asked), dim=1).float().numpy()
        features = torch.from_numpy(self.world.features(together, outputs.float().numpy()))
        tokens = torch.zeros(features.shape[:2], dtype=torch.int64)
        shown = inputs.shape[1]
        return self._model(tokens, features, prompt=shown, first=shown)


class PriorClassifier:
    """A model of small tables as a learner: one forward pass from rows and their labels to the labels of other rows.

    Columns may have any scale, since the world standardises them by the rows that are given, and be fewer than those
    that the model was trained on. Missing values are an error that says where they are: fill them in first.
    """

    def __init__(self, model: nn.Module, world: PriorTables) -> None:
        self._model, self.world = model.eval(), world

    def __call__(
        self,
        inputs: Float[Tensor, "batch example column"],
        labels: Int[Tensor, "batch example"],
        asked: Float[Tensor, "batch asked _column"],
    ) -> Float[Tensor, "batch asked label"]:
        """The logarithms of the labels' probabilities; each row asked for is answered by itself.

        Raises: UsageError where values are missing, there is no such label, or the sizes are not those of training.
        """
        _complete({"inputs": inputs, "inputs asked for": asked})
        columns, most = inputs.shape[2], self.world.features
        if not 1 <= columns <= most or asked.shape[2] != columns:
            raise UsageError(
                f"this model was trained on tables of up to {most} columns; given {columns}, and asked for rows of "
                f"{asked.shape[2]}: choose columns, or their principal components"
            )
        _enough(self.world.shown, inputs, asked)
        if labels.min() < 0 or labels.max() >= self.world.labels:
            raise UsageError(
                f"labels: expected numbers from 0 to {self.world.labels - 1}, one for each class, given "
                f"{int(labels.min())} to {int(labels.max())}: a table of more classes needs a model trained on more"
            )
        at_once = self.world.length - inputs.shape[1]
        with torch.no_grad():
            logits = [self._ask(inputs, labels, part) for part in asked.split(at_once, dim=1)]
        return torch.log_softmax(torch.cat(logits, dim=1), dim=-1)

    def _ask(self, inputs: Tensor, labels: Tensor, asked: Tensor) -> Float[Tensor, "batch asked label"]:
        together = torch.cat((inputs, asked), dim=1).float().numpy()
        features = torch.from_numpy(self.world.shows(together, labels.numpy()))
        shown = inputs.shape[1]
        return self._model(torch.zeros(features.shape[:2], dtype=torch.int64), features, prompt=shown, first=shown)


def _complete(parts: Mapping[str, Tensor]) -> None:
    """Raise `UsageError` where a value is missing."""
    for name, values in parts.items():
        missing = ~values.isfinite()
        if bool(missing.any()):
            place = ", ".join(str(index) for index in missing.nonzero()[0].tolist())
            raise UsageError(
                f"{name}: expected numbers, given {int(missing.sum())} missing or infinite values, the first at "
                f"[{place}]: leave out the examples that have them, or fill them in"
            )


def _enough(shown: tuple[int, int], inputs: Tensor, asked: Tensor) -> None:
    """Raise `UsageError` where a model was not trained on so many examples."""
    fewest, most = shown
    if not fewest <= inputs.shape[1] <= most or not asked.shape[1]:
        raise UsageError(
            f"this model was trained to be shown {fewest} to {most} examples and asked at 1 input or more; given "
            f"{inputs.shape[1]} and {asked.shape[1]}"
        )


@lru_cache(maxsize=8)
def _bars(world: PriorData) -> Bars:
    """The same for all models of a world, so that what is computed of them is computed once."""
    return Bars(torch.tensor(world.borders))
