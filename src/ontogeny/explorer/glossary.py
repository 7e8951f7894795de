"""The terms that the page explains on hover, in plain English: `glossary.json`."""

from functools import cache
from pathlib import Path

from ontogeny.explorer.answers.common import Glossary

FILE = Path(__file__).with_suffix(".json")


@cache
def glossary() -> Glossary:
    """All terms, in alphabetical order."""
    return Glossary.model_validate_json(FILE.read_bytes())
