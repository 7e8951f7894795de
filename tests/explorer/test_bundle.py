import json
import shutil

import pytest

from ontogeny.explorer import bundle as bundles
from ontogeny.explorer.bundle import bundle
from ontogeny.explorer.problems import MissingError


def test_a_bundle_holds_what_the_api_answers(client, store):
    content = json.loads(json.dumps(bundle("toy_study", store), allow_nan=False))
    assert (content["kind"], content["version"], content["preset"]) == ("ontogeny-bundle", 1, "laptop")
    assert "/api/studies/toy_study?preset=laptop" in content["responses"]
    assert content["responses"].pop("/api/about")["store"] == ""
    (run,) = content["films"]
    assert f"/api/runs/{run}/bench" in content["responses"]
    for address, kept in content["responses"].items():
        answer = client.get(address)
        assert answer.status_code == 200, address
        asked = answer.text if isinstance(kept, str) else answer.json()
        assert kept == asked, address


def test_a_long_table_is_cut_and_says_so(store, monkeypatch):
    monkeypatch.setattr(bundles, "TABLE_BYTES", 350)
    responses = bundle("toy_study", store)["responses"]
    (page,) = [answer for address, answer in responses.items() if "/tables/sizes" in address]
    assert len(json.dumps(page)) < 450
    assert len(page["rows"]) < page["total"]


def test_without_the_runs_there_is_no_film(store):
    for run in (store / "toy_study").glob("?" * 16):
        shutil.rmtree(run)
    content = bundle("toy_study", store, compute=True)
    assert content["films"] == []
    assert not any(address.startswith("/api/runs") for address in content["responses"])


def test_without_evidence_there_is_the_study_alone(tmp_path):
    content = bundle("toy_study", tmp_path)
    assert content["preset"] is None
    assert content["responses"]["/api/studies/toy_study"]["rows"][0]["verdict"] == "undecided"
    with pytest.raises(MissingError):
        bundle("toy_study", tmp_path, "laptop")
