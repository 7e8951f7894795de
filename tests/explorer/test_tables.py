import csv
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.explorer import tables
from ontogeny.explorer.problems import TooLargeError

TABLE = pa.table(
    {
        "arm": ["main", "wide", "main", None],
        "seed": [0, 0, 1, 1],
        "value": [0.5, float("nan"), 2.0, None],
        "blind": [True, False, None, True],
    }
)


def test_columns_have_kinds():
    kinds = {column.name: column.type for column in tables.columns_of(TABLE)}
    assert kinds == {"arm": "text", "seed": "integer", "value": "number", "blind": "truth"}


def test_a_page_is_filtered_sorted_and_cut():
    page = tables.page("t", TABLE, where=["arm:main"], sort="-seed", offset=1, limit=1)
    assert (page.total, page.matching, page.rows) == (4, 2, [["main", 0, 0.5, True]])


def test_filters_on_one_column_are_alternatives_and_on_several_conditions():
    assert len(tables.page("t", TABLE, where=["arm:main", "arm:wide"]).rows) == 3
    assert tables.page("t", TABLE, where=["arm:main", "seed:1", "blind:"]).rows == [["main", 1, 2.0, None]]


def test_an_empty_value_is_null_and_no_number_is_null():
    assert tables.page("t", TABLE, where=["arm:"]).rows == [[None, 1, None, True]]
    assert tables.page("t", TABLE, where=["arm:wide"]).rows == [["wide", 0, None, False]]


@pytest.mark.parametrize(
    ("where", "sort", "message"),
    [
        (["arm"], None, "expected column:value"),
        (["amr:main"], None, "did you mean 'arm'"),
        (["seed:one"], None, "holds values of type int64"),
        ([], "-valeu", "did you mean 'value'"),
    ],
)
def test_wrong_filters_are_named(where, sort, message):
    with pytest.raises(UsageError, match=message):
        tables.page("t", TABLE, where=where, sort=sort)


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8), max_size=5))
def test_csv_is_what_the_table_holds(words):
    written = tables.csv_bytes(pa.table({"word": pa.array(words, pa.string())})).decode()
    assert [row[0] for row in csv.reader(io.StringIO(written, newline=""))] == ["word", *words]


def test_a_file_has_its_bound(monkeypatch):
    monkeypatch.setattr(tables, "LARGEST_FILE", 3)
    with pytest.raises(TooLargeError, match="4 rows"):
        tables.csv_bytes(TABLE)
