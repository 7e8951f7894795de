import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.lab.store import run_folder, run_folders, safe_name, status


@given(st.text(min_size=1))
def test_a_safe_name_is_one_visible_folder_name_and_is_its_own_safe_name(name):
    try:
        safe = safe_name(name)
    except UsageError:
        return
    assert safe
    assert safe[0] not in ".-"
    assert set(safe) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
    assert safe_name(safe) == safe


def test_a_name_cannot_leave_the_store():
    assert safe_name("../../etc/passwd") == "etc-passwd"
    with pytest.raises(UsageError, match="at least one letter"):
        safe_name("../..")


def test_a_run_has_one_place(tmp_path):
    assert run_folder(tmp_path, "karel", "0123456789abcdef") == tmp_path / "karel" / "0123456789abcdef"
    with pytest.raises(UsageError, match="16 hexadecimal digits"):
        run_folder(tmp_path, "karel", "../elsewhere")


def test_only_folders_of_runs_are_listed(tmp_path):
    assert list(run_folders(tmp_path / "absent")) == []
    wanted = [tmp_path / "b" / ("0" * 16), tmp_path / "a" / ("f" * 16)]
    for folder in [*wanted, tmp_path / "a" / "evidence", tmp_path / "a" / ("e" * 16)]:
        folder.mkdir(parents=True)
    for folder in [*wanted, tmp_path / "a" / "evidence"]:
        (folder / "config.yaml").write_text("kind: run\n")
    (tmp_path / "a" / "file").touch()
    assert list(run_folders(tmp_path)) == sorted(wanted)


def test_the_status_is_read_from_the_marks(tmp_path):
    assert status(tmp_path) == "unfinished"
    (tmp_path / "FAILED").touch()
    assert status(tmp_path) == "failed"
    (tmp_path / "DONE").touch()
    assert status(tmp_path) == "done"
