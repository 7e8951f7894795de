"""A recurrent net that can stand in a transformer's place: embed, layers of long short-term memory, unembed."""

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor, nn

from ontogeny.errors import UsageError
from ontogeny.models.recurrent import Recurrent
from ontogeny.randomness import torch_generator


class RecurrentModel(nn.Module):
    """Long short-term memory over tokens, or over feature slots followed by tokens."""

    def __init__(self, config: Recurrent, *, vocab: int, feature_size: int, seed: int) -> None:
        super().__init__()
        self.config, self.vocab, self.feature_size = config, vocab, feature_size
        with torch.random.fork_rng(devices=[]):  # torch's own initialisation is overwritten below
            self.token_table = nn.Embedding(vocab, config.width)
            self.feature_map = nn.Linear(feature_size, config.width, bias=False) if feature_size else None
            self.layers = nn.LSTM(config.width, config.width, config.layers, batch_first=True)
            self.head = nn.Linear(config.width, vocab, bias=False)
        _initialise(self, seed)

    def forward(
        self,
        tokens: Int[Tensor, "batch seq"],
        features: Shaped[Tensor, "batch slot feature"] | None = None,
        *,
        prompt: int | None = None,
        first: int = 0,
    ) -> Float[Tensor, "batch asked vocab"]:
        """Next-token logits at every position of `tokens`, or only at those from `first` on.

        Args:
            tokens: ids; the first `slot` of them are not read where `features` is given.
            features: vectors shown at the first `slot` positions instead of tokens.
            prompt: not read: a memory sees what came before alone.

        Raises:
            UsageError: features do not fit the model or the tokens.
        """
        hidden, _ = self.layers(self._embed(tokens, features))  # [batch, seq, width]
        return self.head(hidden[:, first:])

    def _embed(self, tokens: Tensor, features: Tensor | None) -> Float[Tensor, "batch seq width"]:
        if features is None:
            return self.token_table(tokens)
        if self.feature_map is None or features.shape[1] > tokens.shape[1]:
            raise UsageError(
                f"features of shape {tuple(features.shape)} do not fit: the model was built with "
                f"feature_size={self.feature_size}, and {tokens.shape[1]} positions are given"
            )
        slots = self.feature_map(features.to(self.feature_map.weight.dtype))
        return torch.cat((slots, self.token_table(tokens[:, features.shape[1] :])), dim=1)


def _initialise(model: RecurrentModel, seed: int) -> None:
    """Set every parameter as a pure function of (seed, parameter name).

    Tables are standard normal, all else uniform within 1/sqrt(width), but for the biases of the forget gates, which
    begin at 1 in all (Jozefowicz et al. 2015) so that memories last.
    """
    width = model.config.width
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            random = torch_generator("initialise", seed, name)
            if name in ("token_table.weight", "feature_map.weight"):
                parameter.normal_(generator=random)
            else:
                parameter.uniform_(-(width**-0.5), width**-0.5, generator=random)
            if "bias_ih" in name:
                parameter[width : 2 * width] = 1  # torch orders gates: input, forget, cell, output
            if "bias_hh" in name:
                parameter[width : 2 * width] = 0
