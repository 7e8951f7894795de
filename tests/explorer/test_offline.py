import json
import re

import pytest

from ontogeny.errors import OntogenyError
from ontogeny.explorer import offline

HOSTILE = "</script><img src=x onerror=alert(1)><!--<script>"


def _bundle(study: str = "toy") -> dict:
    answers = {"/api/glossary": {"terms": [{"term": HOSTILE, "meaning": "x", "also": []}]}}
    return {"kind": "ontogeny-bundle", "version": 1, "study": study, "preset": "smoke", "responses": answers}


def test_answers_come_back_as_they_were_and_cannot_become_markup():
    page = offline.report_page(_bundle(HOSTILE))
    inlined = re.search(r'<script type="application/json" id="ontogeny-bundle">(.*?)</script>', page, re.DOTALL)
    assert inlined is not None
    assert json.loads(inlined[1]) == _bundle(HOSTILE)
    assert HOSTILE not in page
    assert len(re.findall(r"<script", page)) == len(re.findall(r"</script>", page)) == 2


def test_the_file_names_no_other():
    head = offline.report_page(_bundle()).partition("<script")[0]
    assert "default-src 'none'" in head
    assert not re.search(r"<link|@import|url\((?!['\"]?data:)", head)


def test_a_missing_page_says_how_to_build_it(tmp_path, monkeypatch):
    monkeypatch.setattr(offline, "STATIC", tmp_path)
    with pytest.raises(OntogenyError, match="npm run build"):
        offline.report_page(_bundle())


def test_the_page_has_the_colours_of_the_theme():
    from ontogeny.atlas.theme import COLOURS

    style = (offline.STATIC / "app.css").read_text()
    for name, pair in COLOURS.items():
        found = re.search(rf"--{name}:\s*light-dark\((#[0-9a-f]+),\s*(#[0-9a-f]+)\)", style)
        assert found is not None, name
        assert tuple(map(_long, found.groups())) == tuple(map(_long, pair)), name


def _long(colour: str) -> str:
    return "#" + "".join(2 * letter for letter in colour[1:]) if len(colour) == 4 else colour
