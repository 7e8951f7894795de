"""What was published, what we measured, and the verdict: claims with criteria, evidence, and the ledger of both.

Evidence and ledger are imported when first asked for, since they need pyarrow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ontogeny.claims.claim import Claim, Judgement, Untested, Verdict, judge
from ontogeny.claims.criterion import Above, Below, Criterion, Within

if TYPE_CHECKING:
    from ontogeny.claims.evidence import Evidence, Quantity, moved_criteria
    from ontogeny.claims.ledger import check_shams, ledger_rows

__all__ = [
    "Above",
    "Below",
    "Claim",
    "Criterion",
    "Evidence",
    "Judgement",
    "Quantity",
    "Untested",
    "Verdict",
    "Within",
    "check_shams",
    "judge",
    "ledger_rows",
    "moved_criteria",
]

_LATER = {
    "Evidence": "evidence",
    "Quantity": "evidence",
    "moved_criteria": "evidence",
    "check_shams": "ledger",
    "ledger_rows": "ledger",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
