import json
import queue

import pytest

from ontogeny.explorer import relay as relays
from ontogeny.explorer.relay import ENDLESS, Relay, relay_of


@pytest.fixture
def relay(explorer):
    return Relay(explorer)


def ask(relay, path, method="GET", body=None, number=0.5):
    """What is told to whoever asks."""
    told = queue.Queue()
    relay.ask({"number": number, "method": method, "path": path, "body": body}, told.put)
    return told.get(timeout=60)


def test_answers_are_those_of_the_server(relay, client, run):
    ablated = {"step": 20, "split": "test", "index": 0, "ablate": [{"layer": 0, "head": 1}], "top": 5}
    asked = [
        ("GET", f"{run}/metrics?points=10&name=loss&name=accuracy", None),
        ("GET", "/api/studies/toy_study/tables/quantities?where=arm:main&limit=2", None),
        ("GET", "/api/ledger.csv", None),
        ("POST", f"{run}/inspect", ablated),
        ("GET", "/api/runs/%3Cb%3E/00ff", None),
        ("POST", "/api/jobs", {"kind": "nothing"}),
        ("PUT", "/api/jobs", None),
    ]
    statuses = []
    for method, path, body in asked:
        told = ask(relay, path, method, body and json.dumps(body))
        answer = client.request(method, path, json=body) if body else client.request(method, path, headers=JSON)
        assert told == {"number": 0.5, "status": answer.status_code, "text": answer.text}
        statuses.append(told["status"])
    assert statuses == [200, 200, 200, 200, 404, 422, 405]


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "path", ["", "/", "/index.html", "/apis", "api/about", "//api/about", "/%2e/api/", ENDLESS, "/api/%65vents?x=1"]
)
def test_only_the_api_is_reached(relay, path):
    told = ask(relay, path)
    assert told["status"] == 403
    assert "below /api/" in json.loads(told["text"])["message"]


def test_no_address_leads_out_of_the_api(relay):
    for path in ("/api/../index.html", "/api/%2e%2e/app.js", "/api//app.js"):
        assert ask(relay, path)["status"] == 404


def test_an_error_in_the_program_is_told(relay, explorer, monkeypatch, caplog):
    monkeypatch.setattr(explorer, "about", lambda: 1 / 0)
    told = ask(relay, "/api/about")
    assert told["status"] == 500
    assert "ZeroDivisionError" in json.loads(told["text"])["message"]
    assert "/api/about" in caplog.text


def test_a_request_is_bounded(relay):
    assert ask(relay, "/api/jobs", "POST", "x" * 70_000)["status"] == 413


def test_a_message_that_asks_for_nothing_is_answered(relay):
    told = queue.Queue()
    relay.ask({}, told.put)
    assert told.get(timeout=60)["status"] == 403


def test_several_are_answered_at_once(relay, explorer, monkeypatch):
    """One that takes long does not hold up the next."""
    told, going_on = queue.Queue(), queue.Queue()
    monkeypatch.setattr(explorer.watch, "look", lambda: going_on.get(timeout=60))
    relay.ask({"number": 1, "method": "GET", "path": "/api/system"}, told.put)
    assert ask(relay, "/api/jobs", number=2)["number"] == 2
    assert told.empty()
    going_on.put(type(explorer.watch)(explorer.store).look())
    assert told.get(timeout=60)["number"] == 1


def test_a_store_has_one_relay(tmp_path):
    relays.relay_of.cache_clear()
    assert relay_of(tmp_path) is relay_of(tmp_path)
    assert relay_of(tmp_path) is not relay_of(tmp_path / "other")
