"""What is asked, and the criteria, fixed before the evidence was read.

Leads count as in hidden_parity: from a twentieth of the time until behaviour on. The detector may be off by less than
half of that.
"""

from ontogeny.claims import Above, Claim, Publication, Within

_claim = Publication("this laboratory", ("laptop", "overnight", "paper"))
_LEADS = Above(threshold=0.05, partly=0.0, contradicted=0.0)


def _leads(name: str, where: str) -> tuple[Claim, Claim]:
    return (
        _claim(
            f"transition_{name}",
            f"{where}: the inside has its one transition before behaviour has, by more than a twentieth of the time.",
            f"lead_{name}",
            _LEADS,
            beyond=True,
        ),
        _claim(
            f"half_{name}",
            f"{where}: the inside has made half of its way before behaviour has, by more than a twentieth of the time.",
            f"half_lead_{name}",
            _LEADS,
            beyond=True,
        ),
    )


CLAIMS = (
    _claim(
        "detector",
        "On deep linear networks, whose transition times are known, the detector is off by less than a fortieth of the "
        "time.",
        "detector_error",
        Within(centre=0.0, margin=0.025, partly=0.05, contradicted=0.05),
        beyond=True,
    ),
    *_leads("hidden_parity", "Parities (the Fourier gap of the weights' movement before accuracy)"),
    *_leads("emergent_semantics", "Karel (what probes read of turns and displacement before right programs)"),
    *_leads("induction", "Induction (heads that match prefixes before right repetitions)"),
    *_leads("previous_token", "Induction (heads that look at the previous token before right repetitions)"),
    *_leads("lego", "Chains, learned after recall (association heads before the values that are told)"),
)
