"""What the system says of the processor."""

import platform
from functools import cache
from pathlib import Path


def name() -> str:
    """The model's name, or at least the kind of machine."""
    return _fields().get("model name") or platform.processor() or platform.machine()


def maker() -> str:
    """As the processor itself says it ("GenuineIntel", "AuthenticAMD"); empty where it is not told."""
    return _fields().get("vendor_id", "")


@cache
def _fields() -> dict[str, str]:
    """Of the first core, as Linux lists them; none elsewhere."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.split("\n\n")[0].splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}
