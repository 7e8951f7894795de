import pyarrow as pa
import pytest
from pyarrow import parquet

from ontogeny.errors import DamagedFileError
from ontogeny.lab.tables import appearing, read_table, read_tables, write_table, write_tables

TABLE = pa.table({"step": [0, 1], "value": [0.5, float("inf")]})


def test_a_table_comes_back_and_its_file_says_what_it_is(tmp_path):
    write_table(tmp_path / "deep" / "a.parquet", TABLE, {"measurement": "probe"})
    assert read_table(tmp_path / "deep" / "a.parquet").equals(TABLE, check_metadata=True)
    assert parquet.read_schema(tmp_path / "deep" / "a.parquet").metadata[b"ontogeny"] == b'{"measurement": "probe"}'


def test_several_tables_come_back_by_name(tmp_path):
    write_tables(tmp_path / "all", {"one": TABLE, "two": TABLE.slice(1)}, {})
    tables = read_tables(tmp_path / "all")
    assert list(tables) == ["one", "two"]
    assert tables["two"].equals(TABLE.slice(1))
    assert [path.name for path in tmp_path.iterdir()] == ["all"]


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: b"", lambda data: b"x" * len(data)])
def test_a_damaged_table_is_named(tmp_path, damage):
    path = tmp_path / "a.parquet"
    write_table(path, TABLE, {})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedFileError, match=r"a\.parquet is damaged.*delete it"):
        read_table(path)


def test_an_altered_value_does_not_pass_the_checksums(tmp_path):
    path = tmp_path / "a.parquet"
    numbers = pa.table({"value": pa.array(range(1000), pa.int64())})
    write_table(path, numbers, {})
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedFileError):
        read_table(path)


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(FileNotFoundError), appearing(tmp_path / "new") as unfinished:
        (unfinished / "half" / "missing").touch()
    assert list(tmp_path.iterdir()) == []
    with appearing(tmp_path / "new") as unfinished:
        (unfinished / "whole").touch()
        assert not (tmp_path / "new").exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["whole"]


def test_of_two_that_make_the_same_folder_the_first_stays(tmp_path):
    with appearing(tmp_path / "new") as unfinished:
        (unfinished / "second").touch()
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "first").touch()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["first"]
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
