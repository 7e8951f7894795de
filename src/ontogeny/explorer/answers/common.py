"""What all answers share: plain values, tables, problems, the glossary."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Cell = str | int | float | bool | None
"""A value in a table; what is not a finite number is null."""


class Answer(BaseModel):
    """Every answer is plain data; strings are text, never markup."""

    model_config = ConfigDict(extra="forbid")


class Problem(Answer):
    """Why a request was not answered: one sentence that says what was given, what was expected and what to do."""

    status: int
    message: str


class About(Answer):
    """The server and the store it shows."""

    version: str
    store: str
    """The path of the store, as text."""
    store_exists: bool
    read_only: bool
    """The store cannot be written: nothing is started, and what is computed is kept in memory only."""
    runs: int
    studies: int
    memory_bytes: int
    """Bound on what models held for live inference may take."""
    page: bool
    """Whether the built page is there."""


class Column(Answer):
    name: str
    type: str
    """`text`, `integer`, `number` or `truth` (a boolean)."""


class TablePage(Answer):
    """Some rows of a table, after filtering and sorting."""

    name: str
    columns: list[Column]
    rows: list[list[Cell]]
    total: int
    """Rows of the whole table."""
    matching: int
    """Rows that the filters leave."""
    offset: int
    limit: int


class Term(Answer):
    """One entry of the glossary."""

    term: str
    meaning: str
    also: list[str] = Field(default_factory=list)
    """Other words for it, as they stand in tables and labels."""


class Glossary(Answer):
    terms: list[Term]


Plain = dict[str, Any]
"""Nested plain data: a configuration, an environment."""
