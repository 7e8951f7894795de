"""Tables as Parquet bytes: sealed when written; read within bounds, since a small file can claim to hold a huge table.

Whatever is wrong with the bytes is a `ValueError` with one line that says what.
"""

from io import BytesIO
from typing import TYPE_CHECKING

from ontogeny.parquet_footer import read_claims
from ontogeny.seals import seal_parquet, state

if TYPE_CHECKING:
    import pyarrow as pa

LARGEST = 2**30
"""Bytes of a table's file, and of its contents when read."""
MOST_VALUES = 2**26
"""Values of all columns together."""

_ENCODINGS = {"PLAIN", "RLE", "BIT_PACKED", "PLAIN_DICTIONARY", "RLE_DICTIONARY"}
"""What pyarrow writes by default. Others (values as changes of the ones before) can grow without bounds."""


def table_bytes(table: "pa.Table") -> bytes:
    """The table as a sealed Parquet file, with a checksum for each page too."""
    import pyarrow.parquet as parquet

    stream = BytesIO()
    parquet.write_table(table, stream, compression="zstd", write_page_checksum=True)
    return seal_parquet(stream.getvalue())


def load_table(data: bytes) -> "pa.Table":
    """The table in a Parquet file, after its seal (where it has one) and what it claims to hold were checked."""
    import pyarrow as pa

    if state(data) == "damaged":
        raise ValueError("it is not what was written: its SHA-256 differs")
    if len(data) > LARGEST:
        raise ValueError(f"it has more than {LARGEST} bytes")
    try:
        return _read(data)
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise ValueError(str(error).splitlines()[0] if str(error) else type(error).__name__) from None


def _read(data: bytes) -> "pa.Table":
    """Text comes as numbers into a list of texts first: spelled out, a thousand bytes may fill any memory."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as parquet

    _check_claims(data)
    with parquet.ParquetFile(pa.BufferReader(data)) as file:
        schema = file.schema_arrow
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    with parquet.ParquetFile(pa.BufferReader(data), read_dictionary=texts, page_checksum_verification=True) as file:
        # By one thread: Arrow's pool of threads may abort a process that ends soon after (apache/arrow issue 34314).
        table = file.read(use_threads=False)
    size = table.nbytes
    for name in texts:
        for chunk in table[name].chunks:
            lengths = pc.take(pc.cast(pc.binary_length(chunk.dictionary), pa.int64()), chunk.indices)
            size += pc.sum(lengths).as_py() or 0
    if size > LARGEST:
        raise ValueError(f"its contents have {size} bytes, more than {LARGEST}")
    return table.cast(schema)


def _check_claims(data: bytes) -> None:
    """Refuse by the footer alone what would not fit into memory."""
    rows, chunks = read_claims(data)
    for chunk in chunks:
        name = ".".join(chunk.path)
        if strange := chunk.encodings - _ENCODINGS:
            raise ValueError(f"column {name!r} is encoded as {min(strange)}, which is not read")
        if chunk.type == "FIXED_LEN_BYTE_ARRAY":
            raise ValueError(f"column {name!r} is of a type that is not read")
        if chunk.type == "BYTE_ARRAY" and len(chunk.path) > 1:
            raise ValueError(f"column {name!r} is of nested text, which is not read")
    values, size = rows + sum(chunk.values for chunk in chunks), sum(max(0, chunk.size) for chunk in chunks)
    if min(rows, *(chunk.values for chunk in chunks), 0) < 0 or values > MOST_VALUES or size > LARGEST:
        raise ValueError(f"it claims {rows} rows, {values} values and {size} bytes, which is too much")
