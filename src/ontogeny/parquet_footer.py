"""The footer of a Parquet file as plain data: what a file claims to hold, told without trusting whoever wrote it.

pyarrow checks a claim while it builds the object that tells of it, and ends the whole process where the claim is
wrong, before Python can refuse. The footer is a struct in Thrift's compact protocol, which is read here within bounds.

Sources: thrift/doc/specs/thrift-compact-protocol.md, parquet-format/src/main/thrift/parquet.thrift.
"""

from dataclasses import dataclass
from typing import Any

LARGEST = 2**20
"""Bytes of a footer; none of its values takes less than one."""
DEEPEST = 20

MAGIC = b"PAR1"
_ENCODINGS = ("PLAIN", "", "PLAIN_DICTIONARY", "RLE", "BIT_PACKED", "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY",
              "DELTA_BYTE_ARRAY", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT")  # fmt: skip
_TYPES = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")
_BITS = {4: 16, 5: 32, 6: 64}


@dataclass(frozen=True)
class Chunk:
    """What one column of one row group is said to be."""

    path: tuple[str, ...]
    type: str
    encodings: frozenset[str]
    values: int
    size: int
    """Bytes, uncompressed."""


def read_claims(data: bytes) -> tuple[int, list[Chunk]]:
    """How many rows a file claims, and its columns in all row groups. Raises ValueError where it has no such footer."""
    size = int.from_bytes(data[-8:-4], "little")
    if len(data) < 12 or data[-4:] != MAGIC or size > min(len(data) - 8, LARGEST):
        raise ValueError("it has no footer of a Parquet file, or a very large one")
    try:
        footer = _Reader(data[-8 - size : -8]).struct(DEEPEST)
        chunks = [_chunk(column[3]) for group in footer[4] for column in group[1]]
        return _integer(footer[3]), chunks
    except (AttributeError, IndexError, KeyError, TypeError, UnicodeDecodeError):
        raise ValueError("its footer is not that of a Parquet file") from None


def _chunk(claimed: dict[int, Any]) -> Chunk:
    return Chunk(
        path=tuple(part.decode() for part in claimed[3]),
        type=_name(_TYPES, claimed[1]),
        encodings=frozenset(_name(_ENCODINGS, number) for number in claimed[2]),
        values=_integer(claimed[5]),
        size=_integer(claimed[6]),
    )


def _name(names: tuple[str, ...], number: object) -> str:
    number = _integer(number)
    return names[number] if 0 <= number < len(names) else f"number {number}"


def _integer(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value


class _Reader:
    """Values of Thrift's compact protocol, one after the other; IndexError at the end of the data."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def struct(self, deepest: int) -> dict[int, Any]:
        """Fields by number."""
        fields: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) & 0x0F:
            number = number + (head >> 4) if head >> 4 else self._signed(16)
            if number in fields:
                raise ValueError(f"its footer gives field {number} twice")  # which of them counts is anybody's guess
            kind = head & 0x0F
            fields[number] = kind == 1 if kind in (1, 2) else self._value(kind, deepest)
        return fields

    def _value(self, kind: int, deepest: int) -> Any:
        if not deepest:
            raise ValueError(f"its footer has more than {DEEPEST} levels")
        if kind in (1, 2, 3):
            return self._byte()
        if kind in _BITS:
            return self._signed(_BITS[kind])
        if kind == 7:
            return self._bytes(8)
        if kind == 8:
            return self._bytes(self._unsigned())
        if kind in (9, 10):
            head = self._byte()
            count = self._unsigned() if head >> 4 == 15 else head >> 4
            return [self._value(head & 0x0F, deepest - 1) for _ in range(count)]
        if kind == 12:
            return self.struct(deepest - 1)
        raise ValueError(f"its footer holds a value of kind {kind}, which no Parquet file has")

    def _byte(self) -> int:
        self._place += 1
        return self._data[self._place - 1]

    def _bytes(self, count: int) -> bytes:
        if count > len(self._data) - self._place:
            raise IndexError
        self._place += count
        return self._data[self._place - count : self._place]

    def _unsigned(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 0x80:
            value, shift = value | (byte & 0x7F) << shift, shift + 7
            if shift > 63:
                raise ValueError("its footer holds a number of more than 64 bits")
        return value | byte << shift

    def _signed(self, bits: int) -> int:
        """A number in zigzag coding, cut to so many bits as a reader in C++ does."""
        value = self._unsigned() & (1 << bits) - 1
        return (value >> 1) ^ -(value & 1)
