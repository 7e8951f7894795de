"""Files that are whole or not there: atomic writes, content hashes, one writer at a time."""

import errno
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ontogeny.errors import HeldError, OntogenyError

LOCK = ".lock"
"""The file in a folder whose lock the process that writes there holds."""


_GONE = (errno.ENOENT, errno.ESTALE, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.ESHUTDOWN)


def write_atomic(path: Path, data: bytes) -> None:
    """Write to a temporary name beside `path`, flush to disk, then rename: readers see all of it or nothing."""
    temporary = temporary_beside(path)
    with naming_full_disk(path):
        try:
            with open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def temporary_beside(path: Path) -> Path:
    """A hidden name beside `path` that no other thread or process takes; the process's number says whose it is."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.{os.getpid()}.tmp")


@contextmanager
def naming_full_disk(path: Path) -> Iterator[None]:
    """Turn the operating system's errors on writing into one sentence that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OntogenyError(
                f"no space left while writing {path}; nothing is lost: free some space and run the same command again"
            ) from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise OntogenyError(
                f"cannot write {path}: {os.strerror(error.errno)}; choose another place with --out"
            ) from error
        if error.errno in _GONE:
            raise OntogenyError(
                f"cannot write {path}: {os.strerror(error.errno)}; its folder or its disk is gone or failing: what was "
                "stored there is as it was; see to it and run the same command again"
            ) from error
        raise


def sha256(path: Path) -> str:
    """The file's SHA-256 as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process; a second process gets one clear error instead of a mixed run."""
    with naming_full_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / LOCK, "a+")  # noqa: SIM115
    with lock:
        if not _locked(lock, fcntl.LOCK_EX):
            time.sleep(0.05)  # whoever only asks (see `held`) has the lock for microseconds
            if not _locked(lock, fcntl.LOCK_EX):
                raise HeldError(
                    f"{folder} is being written by another process; wait for it to finish, or stop it and run again"
                )
        yield


def held(folder: Path) -> bool:
    """Whether a process holds `folder` at this moment; nothing is changed, so it also works where nothing can be."""
    try:
        lock = open(folder / LOCK)  # noqa: SIM115
    except OSError:
        return False
    with lock:
        return not _locked(lock, fcntl.LOCK_SH)


def _locked(file: IO[str], kind: int) -> bool:
    """Take the lock if it is free; it is released when the file is closed."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
            raise OntogenyError(
                f"{file.name} is on a file system without locks, where two processes could write one run; "
                "choose a store on another"
            ) from None
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return False
    return True
