"""A model trained on data sets of a prior, asked about a data set of one's own."""

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ontogeny.errors import UsageError
from ontogeny.instruments.calibration import Barred
from ontogeny.models.bars import Bars
from ontogeny.worlds.functions.prior_data import PriorData


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
        self._check(inputs, outputs, asked)
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

    def _check(self, inputs: Tensor, outputs: Tensor, asked: Tensor) -> None:
        for name, values in (("inputs", inputs), ("outputs", outputs), ("inputs asked for", asked)):
            missing = ~values.isfinite()
            if bool(missing.any()):
                place = ", ".join(str(index) for index in missing.nonzero()[0].tolist())
                raise UsageError(
                    f"{name}: expected numbers, given {int(missing.sum())} missing or infinite values, the first at "
                    f"[{place}]: leave out the examples that have them, or fill them in"
                )
        features, (fewest, most) = self.world.inputs.features, self.world.shown
        if inputs.shape[2] != features or asked.shape[2] != features:
            raise UsageError(
                f"this model was trained on {features} inputs an example; given {inputs.shape[2]}, and asked at "
                f"{asked.shape[2]}"
            )
        if not fewest <= inputs.shape[1] <= most or not asked.shape[1]:
            raise UsageError(
                f"this model was trained to be shown {fewest} to {most} examples and asked at 1 input or more; given "
                f"{inputs.shape[1]} and {asked.shape[1]}"
            )


@lru_cache(maxsize=8)
def _bars(world: PriorData) -> Bars:
    """The same for all models of a world, so that what is computed of them is computed once."""
    return Bars(torch.tensor(world.borders))
