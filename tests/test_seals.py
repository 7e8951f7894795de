"""Whatever byte of a sealed file changes, its seal tells; other tools read the file as before."""

import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from ontogeny.errors import DamagedFileError
from ontogeny.seals import check_seal, seal_html, seal_json, seal_parquet, seal_text, state


def table_bytes() -> bytes:
    stream = io.BytesIO()
    parquet.write_table(pa.table({"seal": [1, 2, 3], "name": ["seal: ", "b", "c"]}), stream)
    return stream.getvalue()


SEALED = {
    "yaml": seal_text("a: 1\nb: [x, y]\n"),
    "sums": seal_text(f"{'0' * 64}  00000001.safetensors\n"),
    "json": seal_json({"seal_of": "x", "b": [1.5, None], "text": '""'}),
    "html": seal_html("<p>seal: none</p>"),
    "parquet": seal_parquet(table_bytes()),
}


@pytest.mark.parametrize("data", SEALED.values(), ids=SEALED)
def test_every_byte_counts(data: bytes) -> None:
    assert state(data) == "whole"
    for place in range(len(data)):
        for change in (1, 0x20, 0xFF):
            altered = bytearray(data)
            altered[place] ^= change
            assert state(bytes(altered)) != "whole"
    assert state(data[:-1]) != "whole"


def test_other_tools_read_what_is_sealed() -> None:
    assert yaml.safe_load(SEALED["yaml"]) == {"a": 1, "b": ["x", "y"]}
    assert json.loads(SEALED["json"]).keys() == {"seal_of", "b", "text", "seal"}
    assert parquet.read_table(io.BytesIO(SEALED["parquet"])).to_pydict() == {
        "seal": [1, 2, 3],
        "name": ["seal: ", "b", "c"],
    }


@given(st.text())
def test_any_text_can_be_sealed(text: str) -> None:
    assert state(seal_text(text)) == state(seal_html(text)) == state(seal_json({"text": text})) == "whole"


def test_damage_is_named_and_files_without_a_seal_pass(tmp_path: Path) -> None:
    assert check_seal(tmp_path / "old", b"a: 1\n", "") == b"a: 1\n"
    with pytest.raises(DamagedFileError, match=r"new is damaged: .*; restore it"):
        check_seal(tmp_path / "new", SEALED["yaml"].replace(b"1", b"2", 1), "restore it")
