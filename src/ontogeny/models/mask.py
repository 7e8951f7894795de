"""Who may look at whom: every position at itself and what came before, and within the prompt at everything."""

from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor


class Mask:
    """The mask of one call, shared by its layers.

    `queries` are the positions that ask; keys are all positions up to the last of them. `prompt` leading positions
    see one another (0 or 1: plain causal).
    """

    def __init__(self, queries: range, prompt: int, device: torch.device) -> None:
        self.queries, self.prompt, self.device = queries, prompt, device
        self.free = len(queries) == 1
        """A single new position may look at everything before it: nothing is masked."""
        self.causal = queries.start == 0 and prompt <= 1
        """Queries and keys are the same positions, and none sees a later one."""

    @cached_property
    def additive(self) -> Float[Tensor, "seq kv"]:
        """0 where the query may look at the key, -inf elsewhere."""
        query = torch.arange(self.queries.start, self.queries.stop, device=self.device)[:, None]
        key = torch.arange(self.queries.stop, device=self.device)[None, :]
        hidden = (key > query) & ((key >= self.prompt) | (query >= self.prompt))
        return torch.zeros(hidden.shape, device=self.device).masked_fill_(hidden, -torch.inf)
