"""The recurrent net's configuration, and the one that has as many parameters as a transformer. No torch here."""

from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge

from ontogeny.configuration import configuration, validate

if TYPE_CHECKING:
    from ontogeny.models.recurrent_network import RecurrentModel


@configuration
class Recurrent:
    """Layers of long short-term memory (Hochreiter & Schmidhuber 1997), shown and asked what a transformer is."""

    kind: Literal["recurrent"] = "recurrent"
    layers: Annotated[int, Ge(1)] = 2
    width: Annotated[int, Ge(1)] = 128
    """Memory cells a layer; embeddings are as wide."""

    def parameters(self, *, vocab: int, feature_size: int) -> int:
        """How many parameters the model has."""
        layer = 4 * self.width * (2 * self.width + 2)
        return self.layers * layer + (2 * vocab + feature_size) * self.width

    def build(self, *, vocab: int, feature_size: int, length: int, seed: int) -> "RecurrentModel":
        """A freshly initialised model, a pure function of the configuration and the arguments (see `Transformer`).

        `length` is not read: it takes sequences of any length.
        """
        from ontogeny.models.recurrent_network import RecurrentModel

        return RecurrentModel(validate(self), vocab=vocab, feature_size=feature_size, seed=seed)


def recurrent_twin(parameters: int, *, layers: int, vocab: int, feature_size: int) -> Recurrent:
    """The recurrent net of so many layers whose number of parameters is nearest to the one given."""

    def away(width: int) -> int:
        found = Recurrent(layers=layers, width=width).parameters(vocab=vocab, feature_size=feature_size)
        return abs(found - parameters)

    widest = int((parameters / (8 * layers)) ** 0.5) + 1  # the recurrent matrices alone then have as many
    return Recurrent(layers=layers, width=min(range(1, widest + 1), key=away))
