"""Configurations: plain form, hash, checked values, overrides."""

import dataclasses
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Le
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.configuration import (
    BY_KIND,
    LATER,
    configuration,
    content_hash,
    from_plain,
    from_yaml,
    override,
    to_plain,
    to_yaml,
    validate,
)
from ontogeny.errors import OntogenyError, UsageError


@configuration
class Circle:
    kind: Literal["circle"] = "circle"
    radius: Annotated[float, Ge(0)] = 1.0


@configuration
class Square:
    kind: Literal["square"] = "square"
    side: Annotated[int, Ge(1), Le(9)] = 2


@configuration
class Drawing:
    name: str = "untitled"
    size: tuple[int, int] = (3, 4)
    shape: Annotated[Circle | Square, BY_KIND] = Circle()
    note: str | None = None


PINNED = "66f0b5ba04557a6c"
drawings = st.builds(
    Drawing,
    name=st.text(max_size=8),
    size=st.tuples(st.integers(), st.integers()),
    shape=st.builds(Circle, radius=st.floats(0, 1e300)) | st.builds(Square, side=st.integers(1, 9)),
    note=st.none() | st.text(max_size=8),
)


@settings(deadline=None)
@given(drawings)
def test_plain_form_and_yaml_bring_back_the_same(drawing: Drawing) -> None:
    assert from_plain(Drawing, to_plain(drawing)) == drawing
    assert from_yaml(Drawing, to_yaml(drawing)) == drawing
    assert validate(drawing) == drawing


@settings(deadline=None)
@given(drawings, drawings)
def test_equal_hashes_mean_equal_content(one: Drawing, other: Drawing) -> None:
    assert (content_hash(one) == content_hash(other)) == (one == other)


def test_the_hash_is_pinned_and_knows_the_type() -> None:
    """Stored runs are named by it: it must not change with versions."""
    assert content_hash(Square(side=3)) == PINNED

    @configuration
    class Plot:
        kind: Literal["square"] = "square"
        side: int = 3

    assert to_plain(Plot()) == to_plain(Square(side=3))
    assert content_hash(Plot()) != content_hash(Square(side=3))


def test_a_later_setting_at_its_default_changes_no_hash_and_can_be_set() -> None:
    @configuration
    class Circle:
        kind: Literal["circle"] = "circle"
        radius: Annotated[float, Ge(0)] = 1.0
        dots: Annotated[int, Ge(0), LATER] = 0

    @configuration
    class Page:
        circles: tuple[Circle, ...] = (Circle(), Circle(dots=2))

    assert to_plain(Circle()) == {"kind": "circle", "radius": 1.0}
    assert to_plain(Page())["circles"] == [{"kind": "circle", "radius": 1.0}, to_plain(Circle(dots=2))]
    assert content_hash(Circle()) == content_hash(globals()["Circle"]())
    assert content_hash(Circle(dots=2)) != content_hash(Circle())
    assert from_plain(Page, to_plain(Page())) == Page()
    assert override(Circle(), ["dots=2"]) == Circle(dots=2)
    with pytest.raises(UsageError, match="greater than or equal to 0"):
        override(Circle(), ["dots=-1"])


def test_a_whole_number_for_a_fraction_gives_the_same_hash() -> None:
    assert content_hash(Circle(radius=2)) == content_hash(Circle(radius=2.0))


def test_configurations_are_frozen_and_given_by_keyword() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Circle().radius = 2.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        Circle("circle")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ({"nme": "x"}, r"config\.yaml: nme: unexpected keyword argument, given 'x'"),
        ({"size": [1]}, r"config\.yaml: size"),
        ({"shape": {"kind": "circle", "radius": float("inf")}}, r"shape\.circle\.radius: .*finite number, given inf"),
        ({"shape": {"kind": "square", "side": 10}}, r"shape\.square\.side: .*less than or equal to 9, given 10"),
        ({"shape": {"kind": "star"}}, r"shape: .*'star'.*'circle', 'square'"),
    ],
)
def test_wrong_plain_forms_name_setting_and_value(plain: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        from_plain(Drawing, plain, where="config.yaml")


def test_validate_enforces_bounds() -> None:
    with pytest.raises(UsageError, match=r"Circle: radius: .*greater than or equal to 0, given -1\.0"):
        validate(Circle(radius=-1.0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "file: not readable as YAML"),
        ("- 1", "file: expected settings .* found list"),
        ("", "found NoneType"),
        ("7: 1", "file: expected settings .* found 7 for a name"),
    ],
)
def test_what_is_not_settings_is_said(text: str, message: str) -> None:
    with pytest.raises(OntogenyError, match=message):
        from_yaml(Drawing, text, where="file")


def test_yaml_cannot_build_objects() -> None:
    with pytest.raises(OntogenyError, match="not readable as YAML"):
        from_yaml(Drawing, "name: !!python/object/apply:os.getcwd []")


def test_overrides_set_what_they_name_and_nothing_else() -> None:
    changed = override(Drawing(), ["size=[5, 6]", "shape.radius=1e-3", "note=yes sir"])
    assert changed == Drawing(size=(5, 6), shape=Circle(radius=0.001), note="yes sir")
    assert override(changed, ["note=null"]).note is None
    assert override(Drawing(), []) == Drawing()


def test_another_kind_brings_its_own_settings() -> None:
    start = Drawing(shape=Circle(radius=5.0))
    assert override(start, ["shape.kind=square", "shape.side=3"]).shape == Square(side=3)
    assert override(start, ["shape.kind=circle"]) == start
    with pytest.raises(UsageError, match="part 'radius'"):
        override(start, ["shape.kind=square", "shape.radius=3"])


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("nam=x", r"unknown setting 'nam': part 'nam'; did you mean 'name'\?"),
        ("shape.radios=1", r"did you mean 'radius'\?"),
        ("shpe.radius=1", r"did you mean 'shape'"),
        ("name.first=x", "'name' is a value, it has no parts"),
        ("name", r"--set 'name': expected key=value"),
        ("na me=x", "expected key=value"),
        ("name=[", "the value is not readable as YAML"),
        ("shape.radius=-1", r"--set: shape\.circle\.radius: .*greater than or equal to 0"),
        ("shape.kind=star", "'circle', 'square'"),
    ],
)
def test_wrong_overrides_say_what_to_do(assignment: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        override(Drawing(), [assignment])
