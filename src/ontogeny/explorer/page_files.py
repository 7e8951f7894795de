"""The files of the built page as they are sent: each read and compressed once, not for every visit."""

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path

from fastapi import Request, Response

from ontogeny.explorer.files import Stamp, stamp_of

SMALLEST = 1000
"""Bytes from which on compression is worth it."""


def page_file(file: Path, request: Request) -> Response:
    """One file, compressed where the browser takes that."""
    content, compressed = _read(file, stamp_of(file.parent, (file.name,)))
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {"Vary": "Accept-Encoding"}
    if compressed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(compressed, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
    return Response(content, media_type=kind, headers=headers)


@lru_cache(maxsize=32)
def _read(file: Path, stamp: Stamp) -> tuple[bytes, bytes]:
    """The content, as it is and compressed (empty where it is small), until the file changes."""
    content = file.read_bytes()
    return content, gzip.compress(content, mtime=0) if len(content) >= SMALLEST else b""
