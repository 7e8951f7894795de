"""Fuzz one reader guided by coverage, where atheris is installed (`pip install atheris`; no dependency of the project).

Run with `python benchmarks/trust/guided.py READER [options of libFuzzer]`, as in `guided.py programs -runs=100000`. A
crash ends the run, and libFuzzer keeps the input in the working directory.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

try:
    import atheris
except ImportError:
    sys.exit("guided fuzzing needs atheris: pip install atheris")

with atheris.instrument_imports(include=["ontogeny", "yaml", "json"]):
    from fuzzing import READERS


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in READERS:
        sys.exit(f"expected one of {', '.join(READERS)}, given {name!r}")
    reader, folder = READERS[name], Path(tempfile.mkdtemp())
    examples = folder / "examples"
    examples.mkdir()
    for number, example in enumerate(reader.examples):
        (examples / str(number)).write_bytes(example)

    def once(data: bytes) -> None:
        try:
            reader.read(data, folder)
        except reader.own:
            return

    atheris.Setup([sys.argv[0], str(examples), *sys.argv[2:]], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
