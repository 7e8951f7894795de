"""Where benchmarks keep what they found: `benchmarks/trust/results/NAME.json`, from which pages are written."""

import json
from pathlib import Path
from typing import Any

from ontogeny.lab.environment import record

FOLDER = Path(__file__).parent / "results"


def keep(name: str, found: dict[str, Any]) -> None:
    """Store what a benchmark found, with what it ran on, and print it."""
    FOLDER.mkdir(exist_ok=True)
    about = record()
    content = {"found": found, "versions": about["versions"], "processor": about["hardware"]["processor"]}
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")
    print(json.dumps(found, indent=2))


def stored(name: str) -> dict[str, Any] | None:
    """What a benchmark found when it last ran; None where it never did."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None
