"""Files are whole or not there, and one process writes at a time."""

import errno
import fcntl
import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ontogeny.errors import OntogenyError
from ontogeny.files import exclusive, held, naming_full_disk, sha256, temporary_beside, write_atomic


def test_what_is_written_is_read(tmp_path: Path) -> None:
    for data in (b"", b"first", bytes(range(256)) * 100):
        write_atomic(tmp_path / "file", data)
        assert (tmp_path / "file").read_bytes() == data
        assert sha256(tmp_path / "file") == hashlib.sha256(data).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_threads_that_write_one_file_do_not_meet(tmp_path: Path) -> None:
    def write(number: int) -> None:
        for _ in range(50):
            write_atomic(tmp_path / "file", bytes([number]) * 50_000)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(write, range(2)))
    assert len(set((tmp_path / "file").read_bytes())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert temporary_beside(tmp_path / "file").name.split(".")[-2:] == [str(os.getpid()), "tmp"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, r"no space left while writing .*file; nothing is lost: free some space"),
        (errno.EDQUOT, r"no space left while writing .*file"),
        (errno.EROFS, r"cannot write .*file: Read-only file system; choose another place with --out"),
        (errno.EACCES, r"cannot write .*file: Permission denied"),
    ],
)
def test_a_failed_write_keeps_the_old_file_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, number: int, message: str
) -> None:
    write_atomic(tmp_path / "file", b"old")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, failing, fail)
        with pytest.raises(OntogenyError, match=message):
            write_atomic(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_other_errors_are_not_renamed(tmp_path: Path) -> None:
    with pytest.raises(InterruptedError), naming_full_disk(tmp_path):
        raise InterruptedError(errno.EINTR, "")


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(OntogenyError, match=r"cannot write .*missing/file: No such file.*gone or failing"):
        write_atomic(tmp_path / "missing" / "file", b"")


def test_a_file_system_without_locks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, "")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(OntogenyError, match="file system without locks"), exclusive(tmp_path):
        pytest.fail("held without a lock")


def test_a_full_disk_is_named_by_the_real_thing() -> None:
    with (
        pytest.raises(OntogenyError, match="no space left while writing /dev/full"),
        naming_full_disk(Path("/dev/full")),
    ):
        fill_the_full_device()


def fill_the_full_device() -> None:
    with open("/dev/full", "wb", buffering=0) as file:
        file.write(b"x")


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "run"
    with exclusive(folder):
        with pytest.raises(OntogenyError, match=r"new/run is being written by another process"), exclusive(folder):
            pytest.fail("held twice")
        code = (
            "import sys\nfrom pathlib import Path\nfrom ontogeny.errors import OntogenyError\n"
            "from ontogeny.files import exclusive\n"
            "try:\n    with exclusive(Path(sys.argv[1])): print('held')\n"
            "except OntogenyError: print('refused')"
        )
        script = [sys.executable, "-c", code, str(folder)]
        assert subprocess.run(script, capture_output=True, text=True, check=True).stdout == "refused\n"
    assert subprocess.run(script, capture_output=True, text=True, check=True).stdout == "held\n"
    with exclusive(folder):
        pass


def test_a_folder_is_let_go_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(tmp_path):
        _ = 1 / 0
    with exclusive(tmp_path):
        pass


def test_whether_a_folder_is_held_can_be_asked_without_changing_anything(tmp_path: Path) -> None:
    assert not held(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with exclusive(tmp_path):
        assert held(tmp_path)
    assert not held(tmp_path)
    with exclusive(tmp_path):
        pass
