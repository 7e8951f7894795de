import platform
from pathlib import Path

import pytest

from ontogeny import processor

LISTED = """processor\t: 0
vendor_id\t: AuthenticAMD
model name\t: A processor: the second

processor\t: 1
vendor_id\t: another
"""


@pytest.fixture(autouse=True)
def unread():
    processor._fields.cache_clear()
    yield
    processor._fields.cache_clear()


def test_the_first_core_is_told_of(monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda _path: LISTED)
    assert (processor.name(), processor.maker()) == ("A processor: the second", "AuthenticAMD")


def test_a_system_that_lists_nothing_has_the_kind_of_machine(monkeypatch):
    def missing(_path):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert processor.name() == (platform.processor() or platform.machine())
    assert processor.maker() == ""
