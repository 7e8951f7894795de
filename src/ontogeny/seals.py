"""Seals: a file's SHA-256 inside the file itself, so that content and checksum are stored in one step.

A seal is the word `seal`, a colon and 64 hexadecimal digits: those of the SHA-256 of the file without them. It stands
where each format has room for it: in a comment at the end of YAML, of a list of sums and of HTML, as the last member of
a JSON object, in the gap before the footer of a Parquet file. Other tools read the files as before. A seal tells damage
from what was written; whoever alters a file on purpose can seal it again.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from ontogeny.errors import DamagedFileError

State = Literal["whole", "damaged", "unsealed"]

_SEAL = re.compile(rb'seal"?: "?([0-9a-f]{64})')


def seal_text(text: str) -> bytes:
    """Text in whose format `#` begins a comment, sealed in its last line."""
    return _filled(f"{text}# seal: ".encode(), b"\n")


def seal_html(text: str) -> bytes:
    """HTML, sealed in a comment at its end."""
    return _filled(f"{text}<!-- seal: ".encode(), b" -->\n")


def seal_json(content: Mapping[str, Any]) -> bytes:
    """A JSON object, sealed in its last member."""
    before, _, after = json.dumps({**content, "seal": ""}, indent=2).rpartition('""')
    return _filled(f'{before}"'.encode(), f'"{after}\n'.encode())


def seal_parquet(data: bytes) -> bytes:
    """A Parquet file, sealed between its pages and its footer, where readers do not look."""
    footer = int.from_bytes(data[-8:-4], "little") + 8
    return _filled(data[:-footer] + b"seal: ", data[-footer:])


def state(data: bytes) -> State:
    """Whether the data are what was sealed. Files from before there were seals, and foreign ones, are unsealed."""
    places = list(_SEAL.finditer(data))
    if not places:
        return "unsealed"
    place = places[-1]
    return "whole" if _digest(data[: place.start(1)], data[place.end(1) :]) == place[1] else "damaged"


def check_seal(path: Path, data: bytes, remedy: str) -> bytes:
    """The same data; a seal that does not fit is a `DamagedFileError` that names `path` and tells the remedy."""
    if state(data) == "damaged":
        raise DamagedFileError(f"{path} is damaged: it is not what was written (its SHA-256 differs); {remedy}")
    return data


def _filled(before: bytes, after: bytes) -> bytes:
    return before + _digest(before, after) + after


def _digest(before: bytes, after: bytes) -> bytes:
    content = hashlib.sha256(before)
    content.update(after)
    return content.hexdigest().encode()
