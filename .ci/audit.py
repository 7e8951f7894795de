"""What the project depends on, as installed: versions against the pins, licences, known vulnerabilities if to be had.

    python .ci/audit.py

Exit code 1 for what does not depend on the day: a version that is not the pinned one, a licence that nobody has agreed
to. Known vulnerabilities are listed for people to read, and only where pip-audit is installed and its database answers.
"""

import importlib.metadata as metadata
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
AGREED = (
    "MIT", "BSD", "Apache", "Apache-2.0", "PSF", "Python Software Foundation", "ISC", "MPL", "Mozilla Public License",
    "Unlicense", "HPND", "CC0", "0BSD", "Zlib", "BSL", "NVIDIA",
)  # fmt: skip
"""Words of licences under which a dependency may be used; a copyleft one would have to be talked about."""
KNOWN = {"matplotlib": "PSF", "pyarrow": "Apache-2.0"}
"""Whose metadata do not name their licence in one line."""


def main() -> int:
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE))
    pins = {canonical(name): version for name, version in pins.items()}
    problems = []
    for name in sorted(closure("ontogeny", {"dev"})):
        found = metadata.distribution(name)
        licence = licence_of(found)
        pinned = pins.get(name)
        base = found.version.partition("+")[0]  # a build for CPUs only carries +cpu
        print(f"{name:28} {found.version:20} {'pinned' if pinned else 'not pinned':11} {licence[:60]}")
        if pinned and base != pinned:
            problems.append(f"{name}: {found.version} is installed, {pinned} is pinned in constraints.txt")
        if not any(word.lower() in licence.lower() for word in AGREED):
            problems.append(
                f"{name}: its licence ({licence or 'none named'}) is not among those agreed to in .ci/audit.py"
            )
    print(vulnerabilities())
    for problem in problems:
        print(f"audit: {problem}", file=sys.stderr)
    return 1 if problems else 0


def closure(root: str, extras: set[str]) -> set[str]:
    """All that is installed of what a package needs, directly or not, without itself."""
    seen: set[str] = set()
    waiting = [(root, frozenset(extras))]
    while waiting:
        name, wanted = waiting.pop()
        for needed in needs(name, wanted):
            if needed not in seen:
                seen.add(needed)
                waiting.append((needed, frozenset()))
    return seen - {root}


def needs(name: str, extras: frozenset[str]) -> Iterator[str]:
    for line in metadata.distribution(name).requires or []:
        requirement, _, marker = line.partition(";")
        wanted = re.search(r"extra == ['\"]([^'\"]+)", marker)
        needed = canonical(re.match(r"[\w.-]+", requirement).group())  # type: ignore[union-attr]
        if wanted and wanted[1] not in extras:
            continue
        try:
            metadata.distribution(needed)
        except metadata.PackageNotFoundError:
            continue  # for another platform or Python
        yield needed


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(found: metadata.Distribution) -> str:
    about = found.metadata
    told = [about.get("License-Expression") or ""]
    told += [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    told.append((about.get("License") or "").partition("\n")[0])
    return KNOWN.get(canonical(about["Name"])) or next((text for text in told if text and text != "UNKNOWN"), "")


def vulnerabilities() -> str:
    """What pip-audit knows of the installed versions."""
    if importlib.util.find_spec("pip_audit") is None:
        return "known vulnerabilities: not looked up (pip-audit is not installed)"
    # Strict: without it, what is not found in the database passes as free of vulnerabilities.
    command = [sys.executable, "-m", "pip_audit", "--strict", "--progress-spinner", "off", "--timeout", "15"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        return "known vulnerabilities: the database did not answer in time"
    told = done.stdout.strip() or (done.stderr.strip().splitlines() or ["nothing"])[-1]
    return f"known vulnerabilities, as pip-audit tells (exit code {done.returncode}):\n{told}"


if __name__ == "__main__":
    sys.exit(main())
