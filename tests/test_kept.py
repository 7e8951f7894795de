from pathlib import Path

import pytest

from ontogeny.kept import digest_of, kept


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def never():
    raise AssertionError("it was worked out before")


def test_an_answer_is_worked_out_once_for_each_digest(cache):
    assert kept("room", "one", lambda: (1, None)) == [1, None]
    assert kept("room", "one", never) == [1, None]
    assert kept("room", "two", lambda: 2) == 2
    assert kept("other", "one", lambda: 3) == 3
    (cache / "ontogeny" / "room" / "one.json").write_text('{"half')
    assert kept("room", "one", lambda: 4) == 4


def test_without_a_cache_it_is_worked_out_every_time(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nothing")
    assert kept("room", "one", lambda: 1) == 1
    assert kept("room", "one", lambda: 2) == 2


def test_a_digest_changes_with_names_contents_and_parts(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("a")
    other.write_text("b")
    digest = digest_of([one, other], "x", "y")
    assert digest == digest_of([other, one], "x", "y")
    changed = [digest_of([one, other], "xy"), digest_of([one, other], "x", "z"), digest_of([one], "x", "y")]
    other.write_text("c")
    changed.append(digest_of([one, other], "x", "y"))
    assert len({digest, *changed}) == 5
