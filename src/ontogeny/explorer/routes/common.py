"""What all routes share: how an answer is sent, and what an address may ask."""

from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel

from ontogeny.explorer.answers.common import Problem

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 401, 403, 404, 409, 413, 415, 422, 429, 500)
}

Name = Annotated[str, Query(max_length=200)]
Names = Annotated[list[Annotated[str, Query(max_length=500)]], Query(max_length=100)]
Preset = Annotated[str | None, Query(max_length=200)]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]
Index = Annotated[int, Query(ge=0, le=1_000_000)]
Step = Annotated[int, Query(ge=0, le=1_000_000_000_000)]


def sent(answer: BaseModel, status: int = 200) -> Response:
    """An answer as JSON, written once (its shape is known already)."""
    return Response(answer.model_dump_json(), status, media_type="application/json")


def download(data: bytes, name: str, kind: str) -> Response:
    """A file to be saved. The name is made of letters, digits, `-`, `_` and `.` only."""
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in name)
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{safe}"'})
