"""How long one waits for the command line and the package to start, against what one is willing to wait."""

import subprocess
import sys
from functools import partial

from frame import Rows, in_unit, main, medians, row

WAITS = {
    "ontogeny --help": (["-m", "ontogeny.cli", "--help"], 0.3),
    "ontogeny list": (["-m", "ontogeny.cli", "list"], 0.5),
    "import ontogeny": (["-c", "import ontogeny"], 0.2),
}


def rows(quick: bool) -> Rows:
    actions = {what: partial(start, arguments) for what, (arguments, _) in WAITS.items()}
    taken = medians({**actions, "python": partial(start, ["-c", "pass"])}, 1 if quick else 7)
    note = f"a bare Python takes {in_unit(taken['python'], 'ms'):.0f} ms of it"
    for what, (_, limit) in WAITS.items():
        yield row(f"start-up: {what}", taken[what], limit, "limit", "s", bar=1.0, note=note)


def start(arguments: list[str]) -> None:
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main(__doc__, rows)
