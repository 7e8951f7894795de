"""The server itself: who may reach it, on which port, and a real stream over a real socket."""

import socket
import subprocess
import sys
import time

import httpx
import pytest

from ontogeny import cli
from ontogeny.errors import OntogenyError, UsageError
from ontogeny.explorer import serve


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "needs a token"),
        (["--host", "0.0.0.0", "--token", "short"], "at least 8"),
        (["--memory", "0"], "above 0"),
        (["--host", "no.such.host.invalid", "--token", "auto"], "does not know that name"),
    ],
)
def test_wrong_requests_are_one_line(capsys, arguments, message):
    assert cli.main(["explore", "--no-browser", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_taken_port_is_named_and_another_is_found():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OntogenyError, match=f"port {port} of 127.0.0.1 cannot be used"):
            serve.listen("127.0.0.1", port)
    with serve.listen("127.0.0.1", None) as one, serve.listen("127.0.0.1", None) as other:
        assert one.getsockname()[1] != other.getsockname()[1]


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setattr(serve.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(OntogenyError, match=r"pip install 'ontogeny\[explorer\]'"):
        serve.require_extra()


def test_a_token_is_made_and_is_part_of_the_address():
    assert serve._address("::1", 80, "secret") == "http://[::1]:80/?token=secret"
    with pytest.raises(UsageError):
        serve._checked("has spaces in it")


@pytest.mark.slow
def test_events_arrive_over_a_socket_and_ctrl_c_ends_it(store):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ontogeny.cli", "explore", "--store", str(store), "--no-browser"]
    server = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert f"http://127.0.0.1:{port}/" in server.stdout.readline()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            assert client.get("/api/about").json()["runs"] == 4
            with client.stream("GET", "/api/events") as stream:
                assert next(stream.iter_lines()) == "event: live"
        time.sleep(0.1)
    finally:
        server.send_signal(2)
        assert server.wait(60) == 0
