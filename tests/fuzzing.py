"""Readers of files that nobody vouches for, and altered inputs for them.

A reader must answer any bytes at all: with what they hold, or with one of the project's own errors; at once, and within
its memory. Inputs are altered examples: hypothesis draws the alterations in the tests, a random generator in the
benchmark.
"""

import hashlib
import io
import json
import random
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import safetensors.torch
import torch
from pyarrow import parquet

from ontogeny.claims.evidence import QUANTITIES, RECORD, Evidence
from ontogeny.configuration import from_yaml, override, to_yaml
from ontogeny.errors import OntogenyError
from ontogeny.lab.store import safe_name
from ontogeny.models import Transformer, huggingface
from ontogeny.models.huggingface.shards import SINGLE, Shards
from ontogeny.plain import load_json, load_yaml
from ontogeny.table_files import load_table
from ontogeny.training import Run, Training
from ontogeny.training.checkpoints import list_checkpoints, read_tensors
from ontogeny.training.environment import read_environment
from ontogeny.training.journal import read_rows
from ontogeny.training.resume import read_moment
from ontogeny.training.run import claim, read_run
from ontogeny.worlds.karel import Karel
from ontogeny.worlds.karel.bytecode import translate
from ontogeny.worlds.karel.grid import read as read_world
from ontogeny.worlds.karel.grid import show
from ontogeny.worlds.karel.language import parse
from ontogeny.worlds.karel.msr import read_tasks
from ontogeny.worlds.labelled import read_labelled

SECONDS = 20
"""After which a reader counts as hanging: far more than any of them takes, even on a busy machine."""

Edit = tuple[int, int, bytes]
"""Where (modulo the length), how many bytes are taken out there, and what is put in."""


@dataclass(frozen=True)
class Reader:
    """`read(data, folder)` reads the bytes; it may write to the folder first."""

    read: Callable[[bytes, Path], Any]
    examples: Sequence[bytes]
    words: Sequence[bytes] = ()
    """What is worth putting in: brackets, limits, names."""
    own: tuple[type[Exception], ...] = (OntogenyError,)
    """Errors that are an answer."""


class Hang(BaseException):
    """A reader took too long."""


def edited(data: bytes, edits: Sequence[Edit]) -> bytes:
    for place, out, put in edits:
        place %= len(data) + 1
        data = data[:place] + put + data[place + out :]
    return data


def altered(reader: Reader, chosen: random.Random) -> bytes:
    """One of the examples with a few alterations; now and then, the beginning of one with the end of another."""
    data = chosen.choice(reader.examples)
    if chosen.random() < 0.1:
        other = chosen.choice(reader.examples)
        data = data[: chosen.randrange(len(data) + 1)] + other[chosen.randrange(len(other) + 1) :]
    edits: list[Edit] = []
    for _ in range(chosen.choice((1, 1, 1, 2, 3, 8))):
        place, kind = chosen.randrange(len(data) + 1), chosen.random()
        if kind < 0.4:
            edits.append((place, 1, bytes([chosen.randrange(256)])))
        elif kind < 0.7 and reader.words:
            edits.append((place, chosen.choice((0, 0, 1, 4, 8)), chosen.choice(reader.words)))
        elif kind < 0.85:
            edits.append((place, chosen.randrange(1, 32), b""))
        else:
            start = chosen.randrange(len(data) + 1)
            edits.append((place, 0, data[start : start + chosen.randrange(64)] * chosen.choice((1, 1, 2, 50))))
    return edited(data, edits)


def attempt(reader: Reader, data: bytes, folder: Path) -> bool:
    """Whether the reader took the bytes. Anything but an answer of its own is raised."""
    with in_time():
        try:
            reader.read(data, folder)
        except reader.own:
            return False
    return True


@contextmanager
def in_time() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise Hang(f"no answer within {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _file(name: str, read: Callable[[Path], Any]) -> Callable[[bytes, Path], Any]:
    """A reader of the file `name`, given its path."""

    def reading(data: bytes, folder: Path) -> Any:
        path = folder / name
        path.write_bytes(data)
        return read(path)

    return reading


def _override(data: bytes, folder: Path) -> Any:
    return override(Training(steps=1), [data.decode(errors="replace")])


def _settings(data: bytes, folder: Path) -> Any:
    return from_yaml(Training, data.decode(errors="replace"))


def _checkpoint(data: bytes, folder: Path) -> Any:
    path = folder / "00000001.safetensors"
    path.write_bytes(data)
    return read_tensors(path, hashlib.sha256(data).hexdigest(), "remedy")


def _program(data: bytes, folder: Path) -> Any:
    program = parse(data.decode(errors="replace"))
    translate(program)
    assert parse(str(program)) == program


def _world(data: bytes, folder: Path) -> Any:
    world = read_world(data.decode(errors="replace"))
    with suppress(OntogenyError):
        show(world.check())


def _quantities(data: bytes, folder: Path) -> Any:
    (folder / QUANTITIES).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    (folder / RECORD).write_text(f"study: s\npreset: p\nfiles: {{{QUANTITIES}: {digest}}}\nseeds: []\n")
    return Evidence.load(folder)


def _name(data: bytes, folder: Path) -> Any:
    place = folder / safe_name(data.decode(errors="replace"))
    assert place.parent == folder
    assert place.name.isascii()
    assert place.name.isprintable()


def _weights(data: bytes, folder: Path) -> Any:
    (folder / SINGLE).write_bytes(data)
    shards = Shards(folder)
    return [shards.tensor(name) for name in shards]


def _unsealed(data: bytes) -> bytes:
    """Without its seal, so that an altered file comes past it."""
    return data.replace(b"seal", b"soul")


def _written(write: Callable[[Path], Any], name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        return _unsealed((Path(folder) / name).read_bytes())


def _parquet(table: pa.Table, **options: Any) -> bytes:
    stream = io.BytesIO()
    parquet.write_table(table, stream, **options)
    return stream.getvalue()


def _msr_line() -> bytes:
    border = [0, 1, 2, 18, 20, 36, 38, 54, 55, 56]
    cells = sorted([*(5 * 324 + index for index in border), 19, 8 * 324 + 37])
    tensor = " ".join(f"{index}:1.0" for index in cells)
    example = {"inpgrid_tensor": tensor, "outgrid_tensor": tensor}
    return (
        json.dumps({"program_tokens": ["DEF", "run", "m(", "move", "m)"], "examples": [example, example]}).encode()
        + b"\n"
    )


_TENSORS = {"layers.0.weight": torch.arange(6.0).reshape(2, 3), "head.bias": torch.zeros(2, dtype=torch.int64)}
_TABLE = pa.table({"step": [0, 1, 2], "name": ["a", "b", "a"], "value": [0.5, None, 2.0], "good": [True, False, True]})
_RUN = Run(Transformer(layers=1, width=8, heads=1, mlp=8), Karel(side=4), Training(steps=5), 3)
_DIGEST = b"0" * 64
_YAML_WORDS = (
    b"&a ", b"*a", b"!!python/name:os.system", b"!!int ", b"[", b"{", b"- ", b": ", b"\n", b"|", b">", b"? ", b"<<: ",
    b".inf", b"-.nan", b"1e999", b"9" * 5000, b"null", b"~", b"2020-01-01", b"\\ud800", b"'", b'"', b"#", b"\0",
    b"../../x", b"\x1b[2J", b"</script>", b"kind: ", b"muon", b"-1", b"0", b"true", b"99999999999999999999",
)  # fmt: skip
_JSON_WORDS = (
    b"[", b"]", b"{", b"}", b",", b":", b'"', b"null", b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"-1", b"true",
    b'"step"', b'"../x"', b"\\ud800", b"\\u0000", b'"seal": "' + _DIGEST + b'"', b"99999999999999999999", b"[" * 2000,
)  # fmt: skip
_BINARY_WORDS = (
    b"\0" * 8, b"\xff" * 8, (2**60).to_bytes(8, "little"), (2**31 - 1).to_bytes(4, "little"), b"PAR1",
    b"\xff\xff\xff\xff\x0f", b"\x80\x80\x80\x80\x80\x01", b"F32", b"BF16", b"F4", b'"shape":[4611686018427387904,4]',
    b"data_offsets", b"__metadata__", b"[0,0]", b"{", b"}",
)  # fmt: skip
_KAREL = (
    "DEF run m( m) move turnLeft REPEAT R=3 R=32767 R=99999 r( r) WHILE c( not c) w( w) IF i( i) IFELSE ELSE e( e)"
    " frontIsClear noMarkersPresent"
)
_KAREL_WORDS = tuple(f" {word} ".encode() for word in _KAREL.split(" "))
_PROGRAMS = (
    b"DEF run m( REPEAT R=3 r( turnRight r) IFELSE c( not c( frontIsClear c) c) i( move i) ELSE e( putMarker e) m)",
    b"DEF run m( WHILE c( markersPresent c) w( pickMarker w) IF c( leftIsClear c) i( turnLeft move i) m)",
)
_HUGGING = json.dumps(
    {
        "model_type": "gpt2",
        "n_layer": 2,
        "n_head": 2,
        "n_embd": 8,
        "n_positions": 16,
        "vocab_size": 11,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "tie_word_embeddings": True,
    }
).encode()
_RECORD = (
    f"study: s\npreset: smoke\nfiles: {{{QUANTITIES}: {'0' * 64}, tables/a.parquet: {'0' * 64}}}\n"
    "seeds:\n- {arm: main, seed: 0, criteria: {size: above 0}}\n"
).encode()

READERS: dict[str, Reader] = {
    "settings": Reader(_settings, [to_yaml(Training(steps=5)).encode()], _YAML_WORDS),
    "assignments": Reader(
        _override, [b"optimiser.lr=0.5", b"checkpoints={every: 3}", b"optimiser.kind=muon", b"clip=null"], _YAML_WORDS
    ),
    "yaml": Reader(lambda data, _: load_yaml(data), [_RECORD, b"a: [1, {b: c}]\n"], _YAML_WORDS, (ValueError,)),
    "json": Reader(lambda data, _: load_json(data), [_HUGGING], _JSON_WORDS, (ValueError,)),
    "runs": Reader(
        _file("config.yaml", lambda path: read_run(path.parent)),
        [_written(lambda folder: claim(folder, _RUN), "config.yaml")],
        _YAML_WORDS,
    ),
    "lists of checkpoints": Reader(
        _file("SHA256SUMS", lambda path: list_checkpoints(path.parent)),
        [_DIGEST + b"  00000001.safetensors\n" + _DIGEST + b"  00000002.safetensors\n"],
        (b"../", b"\xc2\xb2", b"\n", b"# ", b"/", b"99999999999999999999", b"\0"),
    ),
    "environments": Reader(
        _file("environment.json", lambda path: read_environment(path.parent)),
        [b'{"precision": "fp32", "milliseconds": {}, "starts": [{"step": 0, "packages": {"torch": "2"}}]}'],
        _JSON_WORDS,
    ),
    "moments": Reader(
        _file("newest.json", lambda path: read_moment(path, "remedy")),
        [b'{"step": 3, "seconds": 1.5, "file": "00000003.safetensors", "sha256": "' + _DIGEST + b'"}'],
        _JSON_WORDS,
    ),
    "journals": Reader(
        _file("metrics.jsonl", read_rows),
        [b'{"step": 1, "loss": 0.5}\n{"step": 2, "loss": NaN}\n', b'{"step": 1, "crc32": "00000000"}\n'],
        _JSON_WORDS,
    ),
    "checkpoints": Reader(_checkpoint, [safetensors.torch.save(_TENSORS)], _BINARY_WORDS),
    "tables": Reader(
        lambda data, _: load_table(data),
        [
            _parquet(_TABLE),
            _parquet(_TABLE, compression="zstd", use_dictionary=False, write_page_checksum=False),
            _parquet(pa.table({"a": [[1, 2], [], [3]]}), compression="gzip", data_page_version="2.0"),
        ],
        _BINARY_WORDS,
        (ValueError,),
    ),
    "quantities": Reader(
        _quantities,
        [b'"arm","seed","quantity","kind","value"\n"main",0,"size","measured",0.5\n"main",0,"size","sham",nan\n'],
        (b'"', b",", b"\n", b"\r", b"\0", b"1e999", b"nan", b"99999999999999999999", b"\xff", b"sham"),
    ),
    "records": Reader(
        _file(RECORD, lambda path: Evidence.load(path.parent)), [_RECORD], (*_YAML_WORDS, b"tables/../../x.parquet")
    ),
    "programs": Reader(_program, _PROGRAMS, _KAREL_WORDS),
    "worlds": Reader(
        _world, [b".  #  2\n.  >1 .\n", b"^\n", b"v127 # #"], (b">", b"#", b"127", b"128", b" ", b"\n", b"\xc2\xb2")
    ),
    "dataset lines": Reader(
        _file("tasks.json", lambda path: list(read_tasks(path))),
        [_msr_line()],
        (*_JSON_WORDS, *_KAREL_WORDS, b"5184:1.0 "),
    ),
    "weights of others": Reader(_weights, [safetensors.torch.save(_TENSORS)], _BINARY_WORDS),
    "labelled sequences": Reader(
        _file("data.jsonl", lambda path: read_labelled(path, vocab=9, length=16)),
        [b'{"tokens": [5, 3, 1], "labels": {"kind": [0, null, 2]}}\n{"tokens": [8], "labels": {"kind": [2]}}\n'],
        _JSON_WORDS,
    ),
    "names of runs": Reader(
        _name, [b"Karel, 5 x 5 (text)"], (b"../", b"/", b"..", b"\0", b"\x1b[2J", b"\xe2\x80\xae", b"-" * 90, b"\\")
    ),
    "model folders": Reader(
        _file("config.json", lambda path: huggingface.read_config(path.parent)),
        [_HUGGING],
        (*_JSON_WORDS, b"llama", b"opt"),
    ),
}
"""Every reader of what may come from elsewhere."""
