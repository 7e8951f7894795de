"""Every address, asked as the page does."""

import csv
import io
import json
import shutil

import pytest
from fastapi.testclient import TestClient

from ontogeny.explorer import explorer as explorers
from ontogeny.explorer.app import make_app
from ontogeny.explorer.explorer import Explorer

HOSTILE = "<img src=x onerror=alert(1)>"
JSON = {"content-type": "application/json"}


def good(client, address, **query):
    answer = client.get(address, params=query or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_empty_store_answers_everything(empty):
    about = good(empty, "/api/about")
    assert (about["store_exists"], about["runs"], about["studies"]) == (False, 0, 1)
    assert good(empty, "/api/runs") == {"runs": [], "total": 0, "matching": 0}
    assert good(empty, "/api/studies")["studies"][0]["preset"] is None
    assert good(empty, "/api/studies/toy_study")["tables"] == []
    assert good(empty, "/api/studies/toy_study/figures") == {"figures": []}
    assert good(empty, "/api/ledger")["rows"][0]["verdict"] == "undecided"
    assert good(empty, "/api/jobs") == {"jobs": []}
    answer = empty.get("/api/studies/toy_study/card.svg")
    assert answer.status_code == 404
    assert "ontogeny run toy_study" in answer.json()["message"]


def test_studies_figures_and_tables(client):
    page = good(client, "/api/studies/toy_study")
    (figure,) = good(client, "/api/studies/toy_study/figures")["figures"]
    for address in (figure["href"], page["figure"], f"{figure['href']}&inline=1"):
        answer = client.get(address)
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "<svg" in answer.text
        assert "sandbox" in answer.headers["content-security-policy"]
    table = next(table for table in page["tables"] if table["name"] == "sizes")
    rows = good(client, f"{table['href']}&where=seed:1&sort=-step")["rows"]
    assert [row[2] for row in rows] == [4, 0]
    answer = client.get("/api/studies/toy_study/tables/sizes.csv", params={"where": "seed:1"})
    assert len(list(csv.reader(io.StringIO(answer.text)))) == 3
    assert 'filename="toy_study-laptop-sizes.csv"' in answer.headers["content-disposition"]


def test_the_ledger_is_a_page_and_two_files(client):
    (row,) = good(client, "/api/ledger")["rows"]
    (line,) = csv.DictReader(io.StringIO(client.get("/api/ledger.csv").text))
    (entry,) = client.get("/api/ledger.json").json()["rows"]
    assert row["claim"] == line["claim"] == entry["claim"] == "size"
    assert good(client, "/api/ledger", study="toy_study", preset="laptop")["rows"][0]["seeds"] == 3
    assert good(client, "/api/ledger", preset="paper")["rows"] == []
    assert client.get("/api/ledger", params={"study": "toy_study", "preset": "paper"}).status_code == 404


def test_runs_are_filtered_and_cut(client):
    assert good(client, "/api/runs")["total"] == 4
    assert good(client, "/api/runs", name="karel", status="done")["matching"] == 1
    assert good(client, "/api/runs", study="toy_study", limit=2)["matching"] == 3
    assert len(good(client, "/api/runs", study="toy_study", limit=2, offset=2)["runs"]) == 1
    assert good(client, "/api/runs", q="WIDTH 16")["matching"] == 1
    assert good(client, "/api/runs", status="failed")["runs"] == []


def test_a_run_its_curves_and_its_models(client, run):
    page = good(client, run)
    assert page["abilities"] == {"time_machine": True, "inspect": True, "resume": False, "stop": False}
    assert [s["name"] for s in good(client, f"{run}/metrics", name="loss")["series"]] == ["loss"]
    assert len(good(client, f"{run}/metrics")["series"]) > 3
    identifier = page["id"]
    assert good(client, "/api/compare", left=identifier, right=identifier)["differences"] == []
    assert good(client, f"{run}/karel")["steps"] == [0, 10, 20]
    assert good(client, f"{run}/karel/specification", index=3)["split"] == "test"
    assert good(client, f"{run}/bench")["heads"] == 2
    assert good(client, f"{run}/sequence", split="train")["words"][-1] == "<end>"
    answer = client.post(f"{run}/inspect", json={"step": 20, "ablate": [{"layer": 0, "head": 1}]})
    assert len(answer.json()["ablated"]) == len(answer.json()["predictions"])


def test_moments_films_and_edits(client, run):
    assert good(client, f"{run}/karel/film", index=3)["missing"] == [0, 10, 20]
    moment = good(client, f"{run}/karel/moment", index=3, step=20)
    film = good(client, f"{run}/karel/film", index=3)
    assert (film["moments"], film["missing"]) == ([moment], [0, 10])
    request = {"index": 3, "step": 20, "token": 0, "feature": "heading", "shift": 1, "layer": 1}
    answer = client.post(f"{run}/karel/edit", json=request)
    assert answer.json()["request"] == {**request, "split": "test", "dose": 1.0, "example": 0}
    assert client.post(f"{run}/karel/edit", json={**request, "layer": 9}).status_code == 400


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/nothing", 404),
        ("/api/studies/toy_studi", 404),
        ("/api/studies/toy_study/tables/none", 404),
        ("/api/studies/toy_study/tables/sizes?where=none:1", 400),
        ("/api/studies/toy_study/tables/sizes?limit=99999999", 422),
        ("/api/studies/toy_study/figures/none.svg", 404),
        ("/api/studies/toy_study?preset=..%2F..", 404),
        ("/api/studies/..%2F..%2Fetc", 404),
        ("/api/runs/karel/0000000000000000", 404),
        ("/api/runs/..%2F..%2Fetc/passwd", 404),
        ("/api/runs/%2e%2e/0000000000000000", 404),
        ("/api/compare?left=karel/..&right=x", 404),
        ("/api/jobs/none", 404),
        ("/..%2f..%2fpyproject.toml", 404),
        ("/%2e%2e/%2e%2e/explorer.py", 404),
    ],
)
def test_problems_have_one_shape(client, address, status):
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.json().keys() == {"status", "message"}
    assert answer.json()["status"] == status


def test_other_worlds_and_steps_are_problems(client, run, store):
    other = next((store / "toy_study").glob("?" * 16)).name
    assert client.get(f"/api/runs/toy_study/{other}/karel").status_code == 404
    assert client.get(f"{run}/karel/moment?step=7").status_code == 404
    assert client.get(f"{run}/karel/moment").json()["message"] == "step: field required"
    assert client.get(f"{run}/karel/film?split=probes").status_code == 422


def test_every_string_of_a_store_is_data(client, store, folder):
    shutil.copytree(folder, store / HOSTILE / folder.name)
    (store / HOSTILE / folder.name / "environment.json").write_text(json.dumps({HOSTILE: HOSTILE}))
    (run,) = good(client, "/api/runs", name=HOSTILE)["runs"]
    assert run["name"] == HOSTILE
    answer = client.get(f"/api/runs/%3Cimg%20src=x%20onerror=alert(1)%3E/{folder.name}")
    assert answer.json()["environment"] == {HOSTILE: HOSTILE}
    assert answer.headers["content-type"] == "application/json"


def test_a_damaged_file_is_a_problem_that_names_it(client, run, folder):
    (folder / "metrics.parquet").write_bytes(b"nothing")
    answer = client.get(f"{run}/metrics")
    assert answer.status_code == 500
    assert "metrics.parquet is damaged" in answer.json()["message"]
    assert client.get("/api/runs").status_code == 200
    (folder / "checkpoints" / "00000020.safetensors").write_bytes(b"nothing")
    answer = client.post(f"{run}/inspect", json={"step": 20})
    assert "SHA-256" in answer.json()["message"]


def test_an_error_of_the_program_tells_nothing_of_it(client, explorer, monkeypatch):
    monkeypatch.setattr(explorer.runs, "all", lambda: 1 / 0)
    answer = client.get("/api/runs")
    assert answer.status_code == 500
    assert answer.json()["message"].startswith("an error in the program itself (ZeroDivisionError)")


def test_the_page_is_served_and_its_absence_is_said(client, tmp_path, monkeypatch):
    monkeypatch.setattr(explorers, "STATIC", tmp_path / "static")
    answer = client.get("/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "static" / "index.html").write_text("the page")
    (tmp_path / "static" / "assets" / "a.js").write_text("1")
    (tmp_path / "static" / "out").symlink_to(tmp_path)
    assert {client.get(path).text for path in ("/", "/runs/x", "/studies/toy_study")} == {"the page"}
    assert client.get("/assets/a.js").text == "1"
    assert client.get("/assets/b.js").status_code == 404
    assert client.get("/out/runs").text == "the page"
    assert good(client, "/api/about")["page"]


def test_a_card_without_a_figure_is_no_error(client, explorer, monkeypatch):
    monkeypatch.setattr(explorer.studies, "figures", lambda study, place: [])
    assert client.get("/api/studies/toy_study/card.svg").status_code == 204


@pytest.mark.usefixtures("unwritable")
def test_a_read_only_store_is_shown_and_never_written(client, explorer, run):
    assert good(client, "/api/about")["read_only"]
    request = {"kind": "study", "study": "toy_study", "preset": "smoke"}
    answer = client.post("/api/jobs", json=request)
    assert answer.status_code == 403
    assert "cannot be written" in answer.json()["message"]


def test_large_answers_are_compressed(client):
    answer = client.get("/api/openapi.json", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def test_two_explorers_share_a_store(store, run):
    one, other = (TestClient(make_app(Explorer(store)), base_url="http://localhost") for _ in range(2))
    first = good(one, f"{run}/karel/moment", index=3, step=10)
    assert good(other, f"{run}/karel/film", index=3)["moments"] == [first]
