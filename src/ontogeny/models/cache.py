"""The key-value cache: what attention has already computed for the positions seen so far."""

from jaxtyping import Bool, Float
from torch import Tensor


class Cache:
    """Keys and values of every layer for up to `length` positions; made by `TransformerModel.start_cache`."""

    def __init__(
        self,
        keys: Float[Tensor, "layer batch head kv head_width"],
        values: Float[Tensor, "layer batch head kv head_width"],
        queries: Float[Tensor, "layer batch query_head kv head_width"] | None = None,
    ) -> None:
        """`queries` are kept for models that mix neighbouring ones."""
        self.keys = keys
        self.values = values
        self.queries = queries
        self.position = 0
        """How many positions are filled: the next call continues here."""

    @property
    def batch(self) -> int:
        return self.keys.shape[1]

    @property
    def length(self) -> int:
        return self.keys.shape[3]

    def keep(self, rows: Bool[Tensor, " batch"]) -> None:
        """Go on with these sequences alone."""
        self.keys, self.values = self.keys[:, rows], self.values[:, rows]
        if self.queries is not None:
            self.queries = self.queries[:, rows]

    def extend(
        self,
        layer: int,
        key: Float[Tensor, "batch head seq head_width"],
        value: Float[Tensor, "batch head seq head_width"],
    ) -> tuple[Float[Tensor, "batch head kv head_width"], Float[Tensor, "batch head kv head_width"]]:
        """Store the new positions of one layer; return all keys and values up to and including them."""
        start, stop = self.position, self.position + key.shape[2]
        self.keys[layer, :, :, start:stop] = key
        self.values[layer, :, :, start:stop] = value
        return self.keys[layer, :, :, :stop], self.values[layer, :, :, :stop]

    def extend_queries(
        self, layer: int, query: Float[Tensor, "batch head seq head_width"]
    ) -> Float[Tensor, "batch head kv head_width"]:
        """The same with queries, where they are kept."""
        assert self.queries is not None
        start, stop = self.position, self.position + query.shape[2]
        self.queries[layer, :, :, start:stop] = query
        return self.queries[layer, :, :, :stop]
