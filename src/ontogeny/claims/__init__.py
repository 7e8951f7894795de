"""What was published, what we measured, and the verdict: claims with criteria, evidence, and the ledger of both.

Evidence and ledger are imported when first asked for, since they need pyarrow.
"""

from typing import TYPE_CHECKING

from ontogeny.claims.claim import Claim, Judgement, Publication, Untested, Verdict, judge
from ontogeny.claims.criterion import Above, Below, Criterion, Within
from ontogeny.lazy import importing

if TYPE_CHECKING:
    from ontogeny.claims.evidence import Evidence, Pairs, Quantity, moved_criteria, paired
    from ontogeny.claims.ledger import check_shams, ledger_rows, once_each

__all__ = [
    "Above",
    "Below",
    "Claim",
    "Criterion",
    "Evidence",
    "Judgement",
    "Pairs",
    "Publication",
    "Quantity",
    "Untested",
    "Verdict",
    "Within",
    "check_shams",
    "judge",
    "ledger_rows",
    "moved_criteria",
    "once_each",
    "paired",
]

_LATER = {
    "Evidence": "evidence",
    "Pairs": "evidence",
    "Quantity": "evidence",
    "moved_criteria": "evidence",
    "paired": "evidence",
    "check_shams": "ledger",
    "ledger_rows": "ledger",
    "once_each": "ledger",
}

__getattr__ = importing(__name__, _LATER)
