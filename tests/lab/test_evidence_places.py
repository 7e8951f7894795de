from pathlib import Path

import pytest

from ontogeny.errors import UsageError
from ontogeny.lab import evidence_places
from ontogeny.lab.evidence_places import choose, committed_folder, places


@pytest.fixture
def shelves(tmp_path, monkeypatch) -> dict[str, Path]:
    """A store of one's own with smoke and overnight, committed evidence with laptop and overnight."""
    committed, store = tmp_path / "committed", tmp_path / "store"
    own = store / "toy" / "evidence"
    for folder in (committed / "toy" / "laptop", committed / "toy" / "overnight", own / "smoke", own / "overnight"):
        folder.mkdir(parents=True)
        (folder / "record.yaml").touch()
    (own / "paper").mkdir()  # begun, nothing in it yet
    monkeypatch.setattr(evidence_places, "committed_folder", lambda: committed)
    return {"committed": committed, "store": store}


def test_ones_own_hides_what_is_committed_for_the_same_preset(shelves):
    found = places("toy", shelves["store"])
    assert {preset: place.committed for preset, place in found.items()} == {
        "laptop": True,
        "overnight": False,
        "smoke": False,
    }
    assert {preset: place.committed for preset, place in places("toy", None).items()} == {
        "laptop": True,
        "overnight": True,
    }
    assert places("other", shelves["store"]) == {}


def test_a_preset_is_chosen(shelves, tmp_path):
    assert not choose("toy", shelves["store"], None).committed
    assert choose("toy", tmp_path / "empty", None).preset == "laptop"
    assert choose("toy", shelves["store"], "laptop").folder == shelves["committed"] / "toy" / "laptop"
    with pytest.raises(UsageError, match="did you mean 'smoke'"):
        choose("toy", shelves["store"], "smok")
    with pytest.raises(UsageError, match="make some: ontogeny run other"):
        choose("other", shelves["store"], None)


def test_a_checkout_has_its_committed_evidence_at_its_root(monkeypatch, tmp_path):
    assert committed_folder() == Path(__file__).parents[2] / "evidence"
    package = tmp_path / "site-packages" / "ontogeny"
    (package / "evidence").mkdir(parents=True)
    monkeypatch.setattr(evidence_places, "PACKAGE", package)
    assert committed_folder() == package / "evidence"
