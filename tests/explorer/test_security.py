"""Who may ask: the server's own pages, by its own name, with its token."""

import pytest
from fastapi.testclient import TestClient

from ontogeny.explorer.app import make_app
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.security import LARGEST_BODY, is_loopback

JOB = {"kind": "film", "run": "karel/0"}


def client_of(store, **settings):
    return TestClient(make_app(Explorer(store), **settings), base_url="http://localhost:8642", follow_redirects=False)


@pytest.fixture
def plain(tmp_path):
    return client_of(tmp_path)


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:8642", "[::1]:8642"])
def test_this_machines_names_are_welcome(plain, host):
    assert plain.get("/api/about", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:8642", "", "[", "192.168.0.2"]
)
def test_a_name_made_to_point_here_is_refused(plain, host):
    answer = plain.get("/api/about", headers={"host": host})
    assert answer.status_code == 403
    assert answer.json()["status"] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_pages_of_others_are_refused(plain, method, headers):
    more = {"json": JOB} if method == "post" else {}
    assert getattr(plain, method)("/api/jobs", headers=headers, **more).status_code == 403


def test_its_own_pages_and_links_to_it_are_welcome(plain):
    own = {"origin": "http://localhost:8642", "sec-fetch-site": "same-origin"}
    assert plain.get("/api/about", headers=own).status_code == 200
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert plain.get("/api/about", headers=link).status_code == 200
    assert plain.post("/api/jobs", json=JOB, headers=link).status_code == 403


def test_what_a_form_can_send_starts_nothing(plain):
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = plain.post("/api/jobs", content=b"{}", headers={"content-type": kind})
        assert answer.status_code == 415


def test_requests_have_their_bound(plain):
    assert plain.post("/api/jobs", json={"kind": "x" * LARGEST_BODY}).status_code == 413


def test_without_the_token_nothing_is_told(tmp_path):
    client = client_of(tmp_path, hosts=(), token="a secret")
    for address in ("/", "/api/about", "/api/events", "/api/openapi.json"):
        assert client.get(address, headers={"host": "laboratory:80"}).status_code == 401
    for wrong in ("Bearer another", "Bearer ", "Basic a secret"):
        assert client.get("/api/about", headers={"authorization": wrong}).status_code == 401
    assert client.get("/api/about", headers={"authorization": "Bearer a secret"}).status_code == 200


def test_the_token_in_an_address_becomes_a_cookie(tmp_path):
    client = client_of(tmp_path, hosts=(), token="a secret")
    answer = client.get("/runs?token=a+secret&view=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs?view=1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/api/about").status_code == 200


def test_no_redirect_leads_away(tmp_path):
    client = client_of(tmp_path, hosts=(), token="a secret")
    answer = client.get("http://localhost:8642//evil.example/?token=a+secret")
    assert answer.headers["location"] == "/"


def test_every_answer_forbids_what_a_page_does_not_need(plain):
    for address in ("/", "/api/about", "/api/nothing"):
        headers = plain.get(address).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_which_hosts_are_this_machine():
    assert [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "10.0.0.1")] == [
        True,
        True,
        True,
        False,
        False,
    ]
