"""What measuring one seed of one arm yields: named quantities, and tidy tables for the figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from ontogeny.claims import Quantity


@dataclass(frozen=True)
class SeedResult:
    """All that is kept of one seed: `quantities` (each once) decide claims, `tables` are drawn.

    The tables come without columns `arm` and `seed`; these are added when the evidence is gathered.
    """

    quantities: "Sequence[Quantity]"
    tables: "dict[str, pa.Table]" = field(default_factory=dict)
