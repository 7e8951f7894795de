"""Plain data from files that nobody vouches for: YAML and JSON, read within bounds of size, depth and number.

Whatever is wrong with the text is a `ValueError` with one line that says what; nothing is ever executed.
"""

import json
import stat
from functools import cache
from pathlib import Path
from typing import Any

LARGEST = 16 * 2**20
"""Bytes of a file, or of a line, that is read as a whole into nested data."""
DEEPEST = 50
MOST_NODES = 500_000
"""Values, names and brackets of one YAML document."""


def read_small(path: Path, largest: int | None = LARGEST) -> bytes:
    """The bytes of a regular file of at most `largest` bytes (None: any); an `OSError` where it cannot be read."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise ValueError("it is no regular file")
    if largest is not None and facts.st_size > largest:
        raise ValueError(f"it has {facts.st_size} bytes, more than the {largest} that such a file may have")
    return path.read_bytes()


def load_yaml(data: bytes | str) -> Any:
    """What one YAML document of nested dicts, lists, numbers and strings holds: no tags, no aliases."""
    import yaml

    if len(data) > LARGEST:
        raise ValueError(f"it has more than {LARGEST} bytes")
    try:
        _check_events(yaml.parse(data, _loader()))
        return yaml.load(data, _loader())
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        # PyYAML's own constructors stumble over numbers of thousands of digits and the like.
        raise ValueError(str(error) or type(error).__name__) from None


@cache
def _loader() -> Any:
    """PyYAML's safe loader, in C where there is one, to which a date is text."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers = {  # noqa: RUF012
            first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
            for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    return Loader


def _check_events(events: Any) -> None:
    """Before anything is built: the C parser overflows the stack on deep nesting, aliases multiply what they name."""
    import yaml

    depth = 0
    for number, event in enumerate(events):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"it holds an alias (*{event.anchor}); write the value itself")
        if getattr(event, "tag", None) is not None:
            raise ValueError(f"it holds a tag ({event.tag}); write the value alone")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST or number > MOST_NODES:
            raise ValueError(f"more than {DEEPEST} levels or {MOST_NODES} values")


def dump_yaml(content: Any) -> str:
    """Plain data as YAML that `load_yaml` reads: in the given order, and what occurs twice is written twice."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    # Escaped beyond ASCII: PyYAML writes U+0085 as it is, and reads it as the end of a line.
    return yaml.dump(content, Dumper=Dumper, sort_keys=False)


def load_json(data: bytes | str) -> Any:
    """What one JSON text holds."""
    if len(data) > LARGEST:
        raise ValueError(f"it has more than {LARGEST} bytes")
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("too many levels") from None
