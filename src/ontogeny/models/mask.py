"""Who may look at whom: every position at itself and what came before, and within the prompt at everything.

Or every position at the prompt alone.
"""

from functools import cached_property

import torch
from jaxtyping import Bool, Float
from torch import Tensor


class Mask:
    """The mask of one call, shared by its layers.

    `queries` are the positions that ask; keys are all positions up to the last of them. `prompt` leading positions
    see one another (0 or 1: plain causal). `given`: what comes after the prompt is seen by none, not even by itself.
    """

    def __init__(self, queries: range, prompt: int, device: torch.device, *, given: bool = False) -> None:
        self.queries, self.prompt, self.device, self.given = queries, prompt, device, given
        self.free = len(queries) == 1 and not given
        """A single new position may look at everything before it: nothing is masked."""
        self.causal = queries.start == 0 and prompt <= 1 and not given
        """Queries and keys are the same positions, and none sees a later one."""

    @cached_property
    def hidden(self) -> Bool[Tensor, "seq kv"]:
        """Where the query may not look at the key."""
        query = torch.arange(self.queries.start, self.queries.stop, device=self.device)[:, None]
        key = torch.arange(self.queries.stop, device=self.device)[None, :]
        if self.given:
            return (key >= self.prompt).expand(len(query), -1)
        return (key > query) & ((key >= self.prompt) | (query >= self.prompt))

    @cached_property
    def additive(self) -> Float[Tensor, "seq kv"]:
        """0 where the query may look at the key, -inf elsewhere."""
        return torch.zeros(self.hidden.shape, device=self.device).masked_fill_(self.hidden, -torch.inf)

    def span(self, rows: range) -> tuple[int, int]:
        """How many leading keys all of these queries, counted from the first, may look at, and how many any of them."""
        if self.given:
            return self.prompt, self.prompt
        begin, end = self.queries.start + rows.start, self.queries.start + rows.stop
        return max(begin + 1, min(self.prompt, self.queries.stop)), max(end, min(self.prompt, self.queries.stop))
