import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.worlds.karel.language import (
    DEEPEST,
    GUARDS,
    OPERATIONS,
    SENSORS,
    Condition,
    If,
    IfElse,
    KarelSyntaxError,
    Not,
    Operation,
    Program,
    Repeat,
    Sensor,
    Statement,
    While,
    from_codes,
    parse,
)

conditions: st.SearchStrategy[Condition] = st.recursive(
    st.builds(Sensor, st.sampled_from(SENSORS)), lambda inner: st.builds(Not, inner), max_leaves=4
)


def blocks(inner: st.SearchStrategy[Statement]) -> st.SearchStrategy[Statement]:
    body = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Repeat, st.integers(0, 32767), body),
        st.builds(While, conditions, body),
        st.builds(If, conditions, body),
        st.builds(IfElse, conditions, body, body),
    )


programs = st.builds(
    Program,
    st.lists(st.recursive(st.builds(Operation, st.sampled_from(OPERATIONS)), blocks, max_leaves=12), max_size=5).map(
        tuple
    ),
)


@given(programs)
def test_a_program_is_read_back_from_its_text(program: Program) -> None:
    assert parse(str(program)) == program


@given(programs, st.randoms())
def test_white_space_does_not_matter(program: Program, random) -> None:  # type: ignore[no-untyped-def]
    text = "".join(word + random.choice([" ", "\n", "\t ", " \n\n"]) for word in str(program).split())
    assert parse("\n " + text) == program


def test_every_statement_is_what_its_text_says() -> None:
    text = (
        "DEF run m( move REPEAT R=3 r( turnRight r) WHILE c( noMarkersPresent c) w( putMarker w) "
        "IF c( leftIsClear c) i( turnLeft i) "
        "IFELSE c( not c( frontIsClear c) c) i( pickMarker move i) ELSE e( e) m)"
    )
    program = Program(
        (
            Operation("move"),
            Repeat(3, (Operation("turn_right"),)),
            While(Sensor("noMarkersPresent"), (Operation("put_marker"),)),
            If(Sensor("leftIsClear"), (Operation("turn_left"),)),
            IfElse(Not(Sensor("frontIsClear")), (Operation("pick_marker"), Operation("move")), ()),
        )
    )
    assert parse(text) == program
    assert str(program) == text


@pytest.mark.parametrize(
    ("text", "line", "column", "expected", "found"),
    [
        ("", 1, 1, "'DEF'", "the end of the text"),
        ("DEF run move m)", 1, 9, "'m('", "'move'"),
        ("DEF run m( jump m)", 1, 12, "an operation, REPEAT, WHILE, IF, IFELSE or 'm)'", "'jump'"),
        ("DEF run m(\n  move\n", 3, 1, "an operation, REPEAT, WHILE, IF, IFELSE or 'm)'", "the end of the text"),
        ("DEF run m( move m) move", 1, 20, "the end of the text after 'm)'", "'move'"),
        ("DEF run m(\n REPEAT 3 r( r) m)", 2, 9, "a count R=0 to R=32767", "'3'"),
        ("DEF run m( REPEAT R=32768 r( r) m)", 1, 19, "a count R=0 to R=32767", "'R=32768'"),
        ("DEF run m( REPEAT R=1 w( w) m)", 1, 23, "'r('", "'w('"),
        ("DEF run m( WHILE c( sunny c) w( w) m)", 1, 21, "'not' or one of " + ", ".join(SENSORS), "'sunny'"),
        ("DEF run m( IF c( frontIsClear i( i) m)", 1, 31, "'c)'", "'i('"),
        ("DEF run m( IFELSE c( frontIsClear c) i( i) e( e) m)", 1, 44, "'ELSE'", "'e('"),
        ("DEF run m( IF c( frontIsClear c) i( m)", 1, 37, "an operation, REPEAT, WHILE, IF, IFELSE or 'i)'", "'m)'"),
    ],
)
def test_a_malformed_program_names_line_column_and_what_was_expected(
    text: str, line: int, column: int, expected: str, found: str
) -> None:
    with pytest.raises(KarelSyntaxError) as caught:
        parse(text)
    error = caught.value
    assert (error.line, error.column, error.expected, error.found) == (line, column, expected, found)
    assert str(error) == f"line {line}, column {column}: expected {expected}, found {found}"
    assert error.exit_code == 2


def nested(depth: int) -> str:
    return "DEF run m( " + "REPEAT R=1 r( " * depth + "move " + "r) " * depth + "m)"


def test_depth_is_limited_in_texts_and_in_values() -> None:
    deepest = parse(nested(DEEPEST - 1))
    assert parse(str(deepest)) == deepest
    with pytest.raises(KarelSyntaxError, match=r"line 1, column .*at most 50 blocks"):
        parse(nested(DEEPEST))
    with pytest.raises(KarelSyntaxError, match="at most 50 blocks"):
        parse(nested(100_000))
    with pytest.raises(KarelSyntaxError, match="at most 50 conditions"):
        parse("DEF run m( IF " + "c( not " * 100_000)
    with pytest.raises(UsageError, match="at most 50 blocks"):
        Program((Repeat(1, deepest.body),))
    condition: Condition = Sensor("frontIsClear")
    for _ in range(DEEPEST - 1):
        condition = Not(condition)
    assert parse(str(Program((If(condition, ()),)))) == Program((If(condition, ()),))
    with pytest.raises(UsageError, match="at most 49 nots"):
        Program((If(Not(condition), ()),))


@pytest.mark.usefixtures("unchecked_types")
def test_impossible_values_are_refused() -> None:
    with pytest.raises(UsageError, match="unknown operation 'mov'; did you mean 'move'"):
        Operation("mov")
    with pytest.raises(UsageError, match="unknown sensor 'frontClear'; did you mean 'frontIsClear'"):
        Sensor("frontClear")
    with pytest.raises(UsageError, match="0 to 32767, given -1"):
        Repeat(-1, ())
    with pytest.raises(UsageError, match="expected a statement"):
        Program(("move",))  # type: ignore[arg-type]


def test_flat_codes_stand_for_operations_and_ifs() -> None:
    assert from_codes(np.arange(5, dtype=np.int8)) == Program(tuple(Operation(name) for name in OPERATIONS))
    assert from_codes([5, 0, 8, 10, 3, -1, 4]) == Program(
        (
            If(Sensor("frontIsClear"), (Operation("move"),)),
            If(Sensor("markersPresent"), (If(Not(Sensor("frontIsClear")), (Operation("pick_marker"),)),)),
        )
    )
    assert from_codes([0, 12]) == Program((Operation("move"),))
    assert len(GUARDS) == 8
    with pytest.raises(UsageError, match="instruction 1: expected -1 to 12, given 13"):
        from_codes([0, 13])
