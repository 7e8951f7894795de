from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ontogeny.claims import Above, Claim, Evidence, moved_criteria
from ontogeny.claims.evidence import SCHEMA, Quantity
from ontogeny.errors import DamagedFileError, OntogenyError, UsageError

CLAIM = Claim(
    id="accuracy",
    statement="s",
    source="s",
    quantity="accuracy",
    criterion=Above(threshold=0.9),
    presets=("laptop",),
)


def seed_of(
    evidence: Evidence, arm: str, seed: int, *quantities: Quantity, claims=(CLAIM,), **tables: pa.Table
) -> Evidence:
    return evidence.with_seed(arm, seed, quantities, tables, {"seconds": 1.5}, claims=claims)


def example() -> Evidence:
    curve = pa.table({"step": [1, 2], "loss": [0.5, 0.25]})
    evidence = Evidence.empty("karel", "laptop")
    evidence = seed_of(evidence, "main", 1, Quantity("accuracy", 0.92), Quantity("accuracy", 0.01, "sham"), curve=curve)
    evidence = seed_of(evidence, "prefix", 0, Quantity("accuracy", float("nan")), curve=curve)
    return seed_of(evidence, "main", 0, Quantity("accuracy", 0.1 + 0.2), Quantity('odd, "name"', -1e-300), curve=curve)


def assert_equal(first: Evidence, second: Evidence) -> None:
    # Tables with nan are not equal to themselves, so floats are compared by their bits.
    assert (first.study, first.preset, first.record) == (second.study, second.preset, second.record)
    assert first.tables == second.tables
    names = SCHEMA.names[:-1]
    assert first.quantities.select(names).equals(second.quantities.select(names))
    bits = [evidence.quantities["value"].to_numpy().view(np.int64) for evidence in (first, second)]
    np.testing.assert_array_equal(*bits)


def test_evidence_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    evidence = example()
    evidence.save(tmp_path / "karel" / "laptop")
    assert_equal(Evidence.load(tmp_path / "karel" / "laptop"), evidence)
    assert (tmp_path / "karel" / "laptop" / "tables" / "curve.parquet").is_file()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    rows=st.dictionaries(
        st.tuples(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.integers(0, 3)),
        st.floats(allow_nan=False),
        max_size=6,
    )
)
def test_any_name_and_any_float_survive_the_csv(tmp_path: Path, rows: dict[tuple[str, int], float]) -> None:
    evidence = Evidence.empty("s", "p")
    for seed in range(4):
        evidence = seed_of(evidence, "main", seed, *(Quantity(name, v) for (name, s), v in rows.items() if s == seed))
    evidence.save(tmp_path)
    assert_equal(Evidence.load(tmp_path), evidence)


def test_rows_are_ordered_by_arm_and_seed_however_they_came() -> None:
    rows = example().quantities.select(["arm", "seed", "quantity"]).to_pylist()
    assert [(row["arm"], row["seed"]) for row in rows] == [("main", 0)] * 2 + [("main", 1)] * 2 + [("prefix", 0)]
    entries = example().record["seeds"]
    assert [(entry["arm"], entry["seed"]) for entry in entries] == [("main", 0), ("main", 1), ("prefix", 0)]


def test_a_table_is_given_seed_by_seed_of_one_arm() -> None:
    evidence = example()
    (first, second), (other,) = evidence.each("curve"), evidence.each("curve", "prefix")
    for table, arm, seed in ((first, "main", 0), (second, "main", 1), (other, "prefix", 0)):
        assert {(row["arm"], row["seed"]) for row in table.to_pylist()} == {(arm, seed)}
    assert len(first) + len(second) + len(other) == len(evidence.tables["curve"])


def test_a_seed_measured_again_replaces_all_it_had_and_nothing_else() -> None:
    again = seed_of(example(), "main", 1, Quantity("accuracy", 0.5), other=pa.table({"x": [1]}))
    seeds, values = again.values("accuracy")
    np.testing.assert_array_equal(seeds, [0, 1])
    np.testing.assert_array_equal(values, [0.1 + 0.2, 0.5])
    assert again.values("accuracy", kind="sham")[1].size == 0
    assert again.tables["curve"].select(["arm", "seed"]).to_pylist() == [
        {"arm": arm, "seed": 0} for arm in ("main", "main", "prefix", "prefix")
    ]
    assert again.tables["other"].to_pylist() == [{"arm": "main", "seed": 1, "x": 1}]
    assert len(again.record["seeds"]) == 3
    only = seed_of(seed_of(Evidence.empty("s", "p"), "main", 0, t=pa.table({"x": [1]})), "main", 0)
    assert only.tables == {}


def test_a_seed_that_lacks_a_quantity_shows_as_nan() -> None:
    evidence = seed_of(example(), "main", 2, Quantity("other", 1.0))
    seeds, values = evidence.values("accuracy")
    np.testing.assert_array_equal(seeds, [0, 1, 2])
    np.testing.assert_array_equal(values, [0.1 + 0.2, 0.92, np.nan])
    assert evidence.values("unknown")[0].size == 0
    assert evidence.seeds("prefix") == [0]


@pytest.mark.parametrize("name", ["quantities.csv", "tables/curve.parquet"])
def test_an_altered_or_missing_file_is_named(tmp_path: Path, name: str) -> None:
    example().save(tmp_path)
    path = tmp_path / name
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(DamagedFileError, match=f"{name}: its SHA-256"):
        Evidence.load(tmp_path)
    path.unlink()
    with pytest.raises(DamagedFileError, match=f"{name}: .* not there"):
        Evidence.load(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "study: [",
        "study: s\npreset: p\n",
        "study: s\npreset: p\nseeds: []\nfiles: {}\n",
        "study: s\npreset: p\nseeds: []\nfiles: {quantities.csv: a, ../other: b}\n",
        "study: !!python/object/apply:os.getcwd []\n",
    ],
)
def test_a_record_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.yaml").write_text(text)
    with pytest.raises(DamagedFileError, match=r"record\.yaml"):
        Evidence.load(tmp_path)


def test_a_folder_without_evidence_says_so(tmp_path: Path) -> None:
    with pytest.raises(OntogenyError, match="no evidence in"):
        Evidence.load(tmp_path)


def test_verdicts_need_no_tables(tmp_path: Path) -> None:
    example().save(tmp_path)
    (tmp_path / "tables" / "curve.parquet").unlink()
    assert_equal(Evidence.load(tmp_path, tables=False), replace(example(), tables={}))


def test_saving_again_leaves_no_table_of_before(tmp_path: Path) -> None:
    example().save(tmp_path)
    replace(example(), tables={}).save(tmp_path)
    assert list((tmp_path / "tables").iterdir()) == []
    assert Evidence.load(tmp_path).tables == {}


def test_saving_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        example().save(tmp_path / name)
    for file in ("quantities.csv", "tables/curve.parquet", "record.yaml"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_moved_criterion_shows() -> None:
    evidence = example()
    assert moved_criteria(evidence, [CLAIM]) == []
    lowered = replace(CLAIM, criterion=Above(threshold=0.1))
    assert moved_criteria(evidence, [lowered]) == ["accuracy"]
    assert moved_criteria(evidence, [replace(CLAIM, quantity="easier")]) == ["accuracy"]
    assert moved_criteria(evidence, [replace(CLAIM, id="afterwards")]) == ["afterwards"]
    assert moved_criteria(evidence, [replace(lowered, arm="never run")]) == []


def test_one_seed_measured_under_another_criterion_is_enough_to_show() -> None:
    lowered = replace(CLAIM, criterion=Above(threshold=0.1))
    evidence = seed_of(example(), "main", 1, Quantity("accuracy", 0.5), claims=(lowered,))
    assert moved_criteria(evidence, [CLAIM]) == ["accuracy"]
    assert moved_criteria(evidence, [lowered]) == ["accuracy"]
    assert moved_criteria(seed_of(evidence, "main", 0, claims=(lowered,)), [lowered]) == []


def test_what_does_not_belong_is_refused() -> None:
    with pytest.raises(UsageError, match="more than once"):
        seed_of(Evidence.empty("s", "p"), "main", 0, Quantity("a", 1.0), Quantity("a", 2.0))
    guess = pa.Table.from_pylist([{"arm": "main", "seed": 0, "quantity": "a", "kind": "guess", "value": 1.0}], SCHEMA)
    with pytest.raises(UsageError, match="'measured' or 'sham'"):
        Evidence("s", "p", guess, {}, {})
    with pytest.raises(UsageError, match="without the columns arm and seed"):
        seed_of(Evidence.empty("s", "p"), "main", 0, t=pa.table({"seed": [1]}))
    with pytest.raises(UsageError, match="letters, digits"):
        Evidence("s", "p", SCHEMA.empty_table(), {"../t": pa.table({"arm": ["a"], "seed": [1]})}, {})
    with pytest.raises(UsageError, match="expected the columns"):
        Evidence("s", "p", pa.table({"value": [1.0]}), {}, {})
