"""Answers that take seconds to work out and follow from files alone, kept in the user's cache.

    $XDG_CACHE_HOME/ontogeny/<room>/<digest>.json

Everything there can be deleted. Without a cache that can be written, answers are worked out every time.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ontogeny.errors import OntogenyError
from ontogeny.files import write_atomic


def kept(room: str, digest: str, make: Callable[[], Any]) -> Any:
    """What `make` gives (plain JSON content), as it was kept under this digest, if it was."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(base) / "ontogeny" / room / f"{digest}.json"
    with suppress(OSError, ValueError):
        return json.loads(place.read_bytes())
    text = json.dumps(make())
    with suppress(OSError, OntogenyError):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(place, text.encode())
    return json.loads(text)


def digest_of(files: Iterable[Path], *parts: str) -> str:
    """32 hexadecimal digits that change with the names or the contents of these files, or with the parts."""
    content = hashlib.sha256()
    for part in parts:
        content.update(f"{len(part)} {part}".encode())
    for path in sorted(files):
        data = path.read_bytes()
        content.update(f"{path} {len(data)} ".encode() + data)
    return content.hexdigest()[:32]
