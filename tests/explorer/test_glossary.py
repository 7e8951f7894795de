from ontogeny.claims import Verdict
from ontogeny.explorer.glossary import glossary
from ontogeny.studies.emergent_semantics.meaning import FEATURES


def test_terms_are_sorted_and_told_apart():
    names = [name.lower() for term in glossary().terms for name in (term.term, *term.also)]
    assert len(set(names)) == len(names)
    assert [term.term.lower() for term in glossary().terms] == sorted(term.term.lower() for term in glossary().terms)
    assert all(term.meaning.endswith(".") for term in glossary().terms)


def test_every_verdict_and_every_feature_is_explained():
    known = {name for term in glossary().terms for name in (term.term, *term.also)}
    assert {str(verdict) for verdict in Verdict} <= known
    assert set(FEATURES) <= known
