"""The evidence that comes with the package, as every study's tests ask about it."""

from ontogeny.claims import Evidence
from ontogeny.claims.ledger import check_shams, ledger_rows
from ontogeny.lab.evidence_places import places
from ontogeny.studies import Study


def sound_evidence(study: Study) -> list[Evidence]:
    """A study's committed evidence at every preset, after making sure that no sham of it comes out as reproduced."""
    found = [Evidence.load(place.folder) for place in places(study.id, None).values()]
    for evidence in found:
        assert check_shams(ledger_rows(study.id, study.claims, evidence)) == []
    return found
