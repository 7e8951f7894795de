"""Evidence: the small tables a study leaves behind, and the record of how they came about.

On disk: `quantities.csv` (one value a seed, what claims are judged by), `tables/<name>.parquet` (what figures are drawn
from) and `record.yaml` (what ran, the criteria fixed at the time, and the SHA-256 of each of the other files).
"""

import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int
from pyarrow import csv

from ontogeny.claims.claim import Claim
from ontogeny.errors import DamagedFileError, OntogenyError, UsageError
from ontogeny.files import write_atomic
from ontogeny.plain import dump_yaml, load_yaml, read_small
from ontogeny.seals import check_seal, seal_text
from ontogeny.table_files import LARGEST, load_table

Kind = Literal["measured", "sham"]

QUANTITIES = "quantities.csv"
RECORD = "record.yaml"
SCHEMA = pa.schema(
    [("arm", pa.string()), ("seed", pa.int64()), ("quantity", pa.string()), ("kind", pa.string()), ("value", "float64")]
)


@dataclass(frozen=True)
class Quantity:
    """One number of one seed. A sham is the same quantity from an untrained model, shuffled truth or another null.

    A value of nan says that the quantity could not be computed for this seed.
    """

    name: str
    value: float
    kind: Kind = "measured"


Pairs = Mapping[str, tuple[float, float]]
"""Quantities by name: what was measured, and the sham."""


def paired(pairs: Pairs) -> list[Quantity]:
    """Every quantity of one seed: all that was measured, then the shams."""
    measured = [Quantity(name, value) for name, (value, _) in pairs.items()]
    return measured + [Quantity(name, sham, "sham") for name, (_, sham) in pairs.items()]


@dataclass(frozen=True)
class Evidence:
    """What a study measured at one preset.

    `quantities` has the columns arm, seed, quantity, kind ("measured" or "sham") and value, no combination twice.
    Each of `tables` has the columns arm and seed beside its own. `record["seeds"]` holds one entry for each arm and
    seed: what it ran on, and under "criteria" the test of each claim as it stood when the seed was measured.
    """

    study: str
    preset: str
    quantities: pa.Table
    tables: dict[str, pa.Table]
    record: dict[str, Any]

    def __post_init__(self) -> None:
        if self.quantities.schema != SCHEMA:
            raise UsageError(f"quantities: expected the columns {SCHEMA.names}, given {self.quantities.schema}")
        if sum(map(len, self._by_seed.values())) < self.quantities.num_rows:
            raise UsageError("quantities: the same quantity of one arm, seed and kind is given more than once")
        if unknown := {kind for _, _, kind in self._by_seed} - {"measured", "sham"}:
            raise UsageError(f"quantities: a kind is 'measured' or 'sham', given {sorted(unknown)}")
        for name, table in self.tables.items():
            if not re.fullmatch(r"\w+", name) or not {"arm", "seed"} <= set(table.column_names):
                raise UsageError(f"table {name!r}: expected a name of letters, digits and _, and columns arm and seed")

    @classmethod
    def empty(cls, study: str, preset: str) -> "Evidence":
        """Evidence before the first seed."""
        return cls(study, preset, SCHEMA.empty_table(), {}, {"seeds": []})

    def with_seed(
        self,
        arm: str,
        seed: int,
        quantities: Iterable[Quantity],
        tables: Mapping[str, pa.Table],
        record: Mapping[str, Any],
        *,
        claims: Iterable[Claim],
    ) -> "Evidence":
        """The evidence with everything this arm and seed had replaced by what is given.

        `tables` come without arm and seed columns, which are added; `record` is plain data. `claims` are the study's
        claims as they stood when the seed was measured: their tests are kept under "criteria", so that a criterion
        moved later shows.
        """
        rows = [{"arm": arm, "seed": seed, "quantity": q.name, "kind": q.kind, "value": q.value} for q in quantities]
        entry = {
            "arm": arm,
            "seed": seed,
            **record,
            "criteria": {claim.id: claim.test for claim in claims if claim.test},
        }
        entries = [old for old in self.record.get("seeds", []) if (old["arm"], old["seed"]) != (arm, seed)]
        fresh = {name: _labelled(table, arm, seed) for name, table in tables.items()}
        kept = {name: _without(table, arm, seed) for name, table in self.tables.items()}
        return replace(
            self,
            quantities=_joined([_without(self.quantities, arm, seed), pa.Table.from_pylist(rows, SCHEMA)]),
            tables={
                name: _joined([part[name] for part in (kept, fresh) if name in part])
                for name in sorted(kept | fresh)
                if name in fresh or kept[name].num_rows
            },
            record={**self.record, "seeds": sorted([*entries, entry], key=lambda old: (old["arm"], old["seed"]))},
        )

    def seeds(self, arm: str = "main") -> list[int]:
        """The seeds measured in this arm, ascending."""
        recorded = {entry["seed"] for entry in self.record.get("seeds", []) if entry["arm"] == arm}
        return sorted(recorded.union(*(found for (known, _, _), found in self._by_seed.items() if known == arm)))

    def each(self, table: str, arm: str = "main") -> list[pa.Table]:
        """The rows of a table that belong to each of the arm's seeds, in the order of `seeds`."""
        import pyarrow.compute as pc  # Arrow's query engine, which a ledger does not need

        rows = self.tables[table].filter(pc.field("arm") == arm)
        return [rows.filter(pc.field("seed") == seed) for seed in self.seeds(arm)]

    def values(
        self, quantity: str, *, arm: str = "main", kind: Kind = "measured"
    ) -> tuple[Int[np.ndarray, " seed"], Float[np.ndarray, " seed"]]:
        """The arm's seeds and the quantity's value for each: nan where a seed lacks what others have.

        Both are empty where no seed of the arm has the quantity.
        """
        found = self._by_seed.get((arm, quantity, kind), {})
        seeds = self.seeds(arm) if found else []
        return np.array(seeds, dtype=np.int64), np.array([found.get(seed, np.nan) for seed in seeds], dtype=np.float64)

    def times_measured(self, quantity: str, *, arm: str = "main", kind: Kind = "measured") -> int:
        """On how many seeds of the arm the quantity was measured, be its value nan."""
        return len(self._by_seed.get((arm, quantity, kind), {}))

    @cached_property
    def _by_seed(self) -> dict[tuple[str, str, str], dict[int, float]]:
        """For each arm, quantity and kind, its value by seed."""
        found: dict[tuple[str, str, str], dict[int, float]] = {}
        columns = (self.quantities[name].to_pylist() for name in SCHEMA.names)
        for arm, seed, quantity, kind, value in zip(*columns, strict=True):
            found.setdefault((arm, quantity, kind), {})[seed] = value
        return found

    def save(self, folder: Path) -> None:
        """Write all files, each whole or not at all; the record, which vouches for the others, last."""
        files = {QUANTITIES: _csv_bytes(self.quantities)}
        files |= {_table_file(name): _parquet_bytes(table) for name, table in self.tables.items()}
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            write_atomic(folder / name, data)
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        record = {"study": self.study, "preset": self.preset, "files": hashes, **self.record}
        write_atomic(folder / RECORD, seal_text(dump_yaml(record)))
        for stale in set((folder / "tables").glob("*.parquet")) - {folder / name for name in files}:
            stale.unlink()

    @classmethod
    def load(cls, folder: Path, *, tables: bool = True) -> "Evidence":
        """Read what `save` wrote. A file that was altered or is missing is a DamagedFileError that names it.

        Without `tables`, which figures are drawn from and no verdict needs, they are neither read nor looked at.
        """
        record = read_record(folder / RECORD)
        wanted = {name: digest for name, digest in record.pop("files").items() if tables or name == QUANTITIES}
        files = {name: _verified(folder / name, digest) for name, digest in wanted.items()}
        place = folder / QUANTITIES
        try:
            quantities = _read_csv(files.pop(QUANTITIES))
            read = {}
            for name, data in files.items():
                place = folder / name
                read[place.stem] = load_table(data)
            place = folder
            return cls(record.pop("study"), record.pop("preset"), quantities, read, record)
        except (ValueError, pa.ArrowException, UsageError) as error:
            raise _damaged(place, str(error).splitlines()[0]) from None


def moved_criteria(evidence: Evidence, claims: Iterable[Claim]) -> list[str]:
    """The ids of claims whose test is not the one recorded when their arms were measured.

    A claim that the record does not know was registered after the measurement: it counts as moved.
    """
    moved = []
    for claim in claims:
        recorded = {
            entry["criteria"].get(claim.id) for entry in evidence.record.get("seeds", []) if entry["arm"] in claim.arms
        }
        if claim.test and recorded - {claim.test}:
            moved.append(claim.id)
    return moved


def _without(table: pa.Table, arm: str, seed: int) -> pa.Table:
    places = zip(table["arm"].to_pylist(), table["seed"].to_pylist(), strict=True)
    return table.filter(pa.array([place != (arm, seed) for place in places], pa.bool_()))


def _labelled(table: pa.Table, arm: str, seed: int) -> pa.Table:
    """The table with constant arm and seed columns in front."""
    if taken := {"arm", "seed"} & set(table.column_names):
        raise UsageError(f"a seed's tables come without the columns arm and seed; given {sorted(taken)}")
    labels = {"arm": pa.array([arm] * table.num_rows, pa.string()), "seed": pa.array([seed] * table.num_rows, "int64")}
    return pa.table({**labels, **{name: table[name] for name in table.column_names}})


def _joined(parts: list[pa.Table]) -> pa.Table:
    """The rows of all parts by arm and seed, within a seed in the order given."""
    whole = pa.concat_tables(parts, promote_options="permissive")
    order = np.lexsort((np.array(whole["seed"].to_pylist()), np.array(whole["arm"].to_pylist())))
    return whole.take(pa.array(order))


def _csv_bytes(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    csv.write_csv(table, stream)
    return stream.getvalue()


def _read_csv(data: bytes) -> pa.Table:
    return csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(use_threads=False),  # see `table_files`
        # Text such as "nan" or "NA" is kept as it is: nothing in these columns is ever null.
        convert_options=csv.ConvertOptions(
            column_types=SCHEMA, null_values=[], strings_can_be_null=False, quoted_strings_can_be_null=False
        ),
    )


def _parquet_bytes(table: pa.Table) -> bytes:
    from pyarrow import parquet

    stream = io.BytesIO()
    parquet.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def _table_file(name: str) -> str:
    return f"tables/{name}.parquet"


def read_record(path: Path) -> dict[str, Any]:
    """What a record says, checked as far as anybody relies on it; the files that it vouches for are not looked at."""
    if not path.is_file():
        raise OntogenyError(f"no evidence in {path.parent}: expected a file {RECORD}; run the study to make it")
    try:
        record = load_yaml(check_seal(path, read_small(path), _REMEDY))
    except ValueError as error:
        raise _damaged(path, f"it is not readable: {error}") from None
    expected = {"study": str, "preset": str, "files": dict, "seeds": list}
    if not _has(record, expected):
        raise _damaged(path, f"it lacks one of {', '.join(expected)}")
    if not all(_has(entry, {"arm": str, "seed": int, "criteria": dict}) for entry in record["seeds"]):
        raise _damaged(path, "it should tell the arm, the seed and the criteria of each seed")
    if not all(isinstance(digest, str) for digest in record["files"].values()):
        raise _damaged(path, "it should give the SHA-256 of each file")
    names = {str(name) for name in record["files"]}
    if QUANTITIES not in names or not all(re.fullmatch(r"tables/\w+\.parquet", name) for name in names - {QUANTITIES}):
        raise _damaged(path, f"it should list {QUANTITIES} and tables, and lists {sorted(names)}")
    return record


def _has(content: Any, expected: Mapping[str, type]) -> bool:
    return isinstance(content, dict) and all(isinstance(content.get(key), kind) for key, kind in expected.items())


def _verified(path: Path, digest: str) -> bytes:
    if not path.is_file():
        raise _damaged(path, f"{RECORD} lists it and it is not there")
    data = read_small(path, LARGEST)
    if hashlib.sha256(data).hexdigest() != digest:
        raise _damaged(path, f"its SHA-256 is not the one in {RECORD}")
    return data


def _damaged(path: Path, problem: str) -> DamagedFileError:
    return DamagedFileError(f"{path}: {problem}; {_REMEDY}")


_REMEDY = "restore the file, or run the study again to rebuild its evidence"
