"""Where tasks run: this machine's processes, a Ray cluster, a Slurm queue. One contract, equal results."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ontogeny.errors import UsageError, unknown_name
from ontogeny.lab.executors.contract import Executor
from ontogeny.plain import load_yaml

NAMES = ("local", "ray", "slurm")


def choose(
    name: str, store: Path, *, workers: int | None = None, address: str | None = None, options: Sequence[str] = ()
) -> Executor:
    """The executor of this name.

    `address` is where a Ray cluster is (default: one is started here); `options` are `key=value` texts for Slurm, with
    `cluster=local` for a trial on this machine. Raises `UsageError` for what does not fit together.
    """
    if address and name != "ray":
        raise UsageError(f"--ray-address needs --executor ray, given {name}")
    if options and name != "slurm":
        raise UsageError(f"--slurm needs --executor slurm, given {name}")
    if name == "local":
        from ontogeny.lab.executors.local import LocalExecutor

        return LocalExecutor(workers)
    if name == "ray":
        from ontogeny.lab.executors.ray import RayExecutor

        return RayExecutor(workers, address=address)
    if name == "slurm":
        from ontogeny.lab.executors.slurm import SlurmExecutor

        chosen = _options(options)
        cluster = str(chosen.pop("cluster", "slurm"))
        return SlurmExecutor(store, workers, cluster=cluster, options=chosen)
    raise unknown_name("executor", name, NAMES)


def _options(texts: Sequence[str]) -> dict[str, Any]:
    chosen = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key.isidentifier():
            raise UsageError(f"--slurm {text!r}: expected key=value, as in partition=gpu or timeout_min=600")
        try:
            chosen[key] = load_yaml(value)
        except ValueError:
            raise UsageError(f"--slurm {text!r}: the value is not readable as YAML") from None
    return chosen
