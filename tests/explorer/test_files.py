import pytest

from ontogeny.errors import DamagedFileError, OntogenyError
from ontogeny.explorer.files import read_yaml, refuse_links, stamp_of


def test_only_plain_data_is_read(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("a: [1, 2]\n")
    assert read_yaml(path) == {"a": [1, 2]}
    for text in ("!!python/object/apply:os.system ['touch executed']", "a: [", "\x00"):
        path.write_text(text)
        with pytest.raises(DamagedFileError, match=r"config\.yaml is damaged"):
            read_yaml(path)
    assert not (tmp_path / "executed").exists()


def test_a_stamp_changes_with_the_files(tmp_path):
    before = stamp_of(tmp_path, ("a", "b"))
    assert before == (None, None)
    (tmp_path / "a").write_text("1")
    assert stamp_of(tmp_path, ("a", "b")) != before


def test_links_are_refused_wherever_they_are(tmp_path):
    folder = tmp_path / "name" / "run"
    (folder / "checkpoints").mkdir(parents=True)
    refuse_links(folder)
    (folder / "checkpoints" / "x").symlink_to("/etc/passwd")
    with pytest.raises(OntogenyError, match="is a link"):
        refuse_links(folder)
