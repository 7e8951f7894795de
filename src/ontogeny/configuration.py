"""Configurations are values: frozen dataclasses with a plain form, a content hash and checked overrides."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar, dataclass_transform

from ontogeny.errors import OntogenyError, UsageError, unknown_name
from ontogeny.plain import dump_yaml, load_yaml

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def configuration(cls: type[T]) -> type[T]:
    """Class decorator: a frozen, keyword-only dataclass whose plain form admits no unknown keys.

    Bounds are written as `Annotated[int, Ge(1)]` (annotated_types) and enforced by `from_plain` and `validate`.
    """
    cls.__pydantic_config__ = {"extra": "forbid", "allow_inf_nan": False}  # type: ignore[attr-defined]
    return dataclasses.dataclass(frozen=True, kw_only=True)(cls)


class _ByKind:
    """Annotation of a union: its members are told apart by `kind`, so that an error speaks of one member only."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Field

        return handler(Annotated[source, Field(discriminator="kind")])


BY_KIND = _ByKind()
"""For tagged unions: `optimiser: Annotated[AdamW | Muon, BY_KIND]`, each member with its own `kind: Literal[...]`."""


class _Later:
    """Annotation of a setting; see `LATER`."""


LATER = _Later()
"""For a setting that came after runs had been named: `groups: Annotated[int | None, LATER] = None`.

While it has its default it stays out of the plain form, so that the hashes of earlier configurations, and with them the
names of stored runs, are what they were. Its default must never change.
"""

_adapters: dict[Any, Any] = {}


def _adapter(cls: Any) -> Any:
    """pydantic's adapter of a configuration class, built once (pydantic is imported only when needed)."""
    if cls not in _adapters:
        from pydantic import TypeAdapter

        _adapters[cls] = TypeAdapter(cls)
    return _adapters[cls]


def to_plain(config: Any) -> dict[str, Any]:
    """A configuration as nested dicts, lists, numbers and strings (what JSON and YAML can hold).

    All settings are in it, except those marked `LATER` that have their default.
    """
    return _without_later(config, _dump(config))


def _dump(config: Any) -> dict[str, Any]:
    return _adapter(type(config)).dump_python(config, mode="json", warnings=False)


def _without_later(value: Any, plain: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_without_later(*pair) for pair in zip(value, plain, strict=True)]
    if isinstance(value, Mapping):
        return {key: _without_later(part, plain[key]) for key, part in value.items()}
    if not dataclasses.is_dataclass(value):
        return plain
    kept = {}
    for field in dataclasses.fields(value):
        own = getattr(value, field.name)
        if not (LATER in getattr(field.type, "__metadata__", ()) and own == field.default):
            kept[field.name] = _without_later(own, plain[field.name])
    return kept


def from_plain(cls: type[T], data: Mapping[str, Any], *, where: str = "configuration") -> T:
    """Build and validate a configuration; `where` names the source in the error."""
    from pydantic import ValidationError

    try:
        return _adapter(cls).validate_python(data)
    except ValidationError as error:
        raise UsageError(f"{where}: {_first_problem(error)}") from None


def validate(config: T) -> T:
    """The same configuration, checked against its types and bounds."""
    return from_plain(type(config), to_plain(config), where=type(config).__name__)


def _first_problem(error: Any) -> str:
    """The first validation problem in one line: which setting, what is wrong, what was given."""
    problem = error.errors()[0]
    name = ".".join(str(part) for part in problem["loc"])
    return f"{name}: {problem['msg'][0].lower()}{problem['msg'][1:]}, given {problem['input']!r}"


def content_hash(config: Any) -> str:
    """16 hexadecimal digits that name the configuration: equal exactly when type and content are equal."""
    plain = {"type": type(config).__name__, "content": to_plain(validate(config))}  # 1 where 1.0 is meant counts as 1.0
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def to_yaml(config: Any) -> str:
    """The plain form as YAML text."""
    return dump_yaml(to_plain(config))


def from_yaml(cls: type[T], text: str, *, where: str = "configuration") -> T:
    """Read what `to_yaml` wrote. Only plain data is accepted: no tags, no aliases."""
    try:
        data = load_yaml(text)
    except ValueError as error:
        raise OntogenyError(f"{where}: not readable as YAML: {error}") from None
    if not isinstance(data, dict):
        raise OntogenyError(f"{where}: expected settings as 'name: value' lines, found {type(data).__name__}")
    for name in data:
        if not isinstance(name, str):
            raise OntogenyError(f"{where}: expected settings as 'name: value' lines, found {name!r} for a name")
    return from_plain(cls, data, where=where)


def override(config: T, assignments: Iterable[str]) -> T:
    """Apply `key.subkey=value` texts to a configuration; a key that does not exist suggests the nearest.

    Values are read as YAML scalars or lists: `training.steps=500`, `world.lengths=[3,6]`. Assigning another `kind`
    turns that part into the other kind with its defaults; further assignments then set parts of it.
    """
    plain = _dump(config)
    for assignment in assignments:
        key, separator, text = assignment.partition("=")
        if not separator or not re.fullmatch(r"[\w.]+", key):
            raise UsageError(f"--set {assignment!r}: expected key=value, as in training.steps=500")
        *parents, last = key.split(".")
        target = plain
        for name in parents:
            target = _member(target, name, key)
        _member(target, last, key, leaf=True)
        try:
            value = load_yaml(text)
        except ValueError:
            raise UsageError(f"--set {assignment!r}: the value is not readable as YAML") from None
        switched = last == "kind" and value != target["kind"]
        if switched:
            target.clear()  # another member of a tagged union: its settings start from their defaults
        target[last] = value
        if switched:
            plain = _dump(from_plain(type(config), plain, where="--set"))
    return from_plain(type(config), plain, where="--set")


def _member(target: Any, name: str, key: str, *, leaf: bool = False) -> Any:
    if name not in target:
        raise unknown_name(f"setting {key!r}: part", name, target)
    value = target[name]
    if not leaf and not isinstance(value, dict):
        raise UsageError(f"setting {key!r}: {name!r} is a value, it has no parts")
    return value
