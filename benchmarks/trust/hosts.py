"""Three hosts with a network between them: Ray, one host of which is lost in mid-training, and torchrun over all.

Run with `python benchmarks/trust/hosts.py` (about two minutes). The hosts are network namespaces on a bridge of their
own, so this takes root and the program `ip`; without them it says why and ends. They share this machine's files, as
nodes of a cluster share a file system, and nothing of the machine's own network is touched.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "training"))

from results import keep

import executor_tasks as tasks

ROOT = Path(__file__).parents[2]
COUNT, TRAININGS = 3, 4
PORT = 6379
PATIENCE = 400.0
"""Seconds after which something that should happen is taken not to happen."""
ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join(str(ROOT / place) for place in ("src", "tests", "tests/training")),
    "OMP_NUM_THREADS": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(),
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_failure_threshold": "10",
    # A host without power does not say goodbye: a call to it ends when it stops answering pings. Ray's own figures are
    # five minutes and two; they have to be the same on all hosts.
    "RAY_grpc_client_keepalive_time_ms": "20000",
    "RAY_grpc_client_keepalive_timeout_ms": "10000",
    "GLOO_SOCKET_IFNAME": "eth0",
}


class NoHostsError(Exception):
    """Network namespaces cannot be had here; the message says why."""


def main() -> None:
    try:
        with hosts() as names:
            found: dict[str, Any] = {"hosts": COUNT, "ray": ray_loses_a_host(names), "torchrun": torchrun(names)}
    except NoHostsError as error:
        found = {"skipped": str(error)}
    keep("hosts", found)


@contextmanager
def hosts() -> Iterator[list[str]]:
    """Namespaces with the addresses 10.77.0.1, .2, ..., on the bridge of one more. Raises: NoHostsError."""
    prefix = f"ontogeny{os.getpid()}"
    switch, names = f"{prefix}-switch", [f"{prefix}-{number}" for number in range(COUNT)]
    try:
        ip("netns", "add", switch)
        ip("-n", switch, "link", "add", "bridge0", "type", "bridge")
        ip("-n", switch, "link", "set", "bridge0", "up")
        for number, name in enumerate(names):
            ip("netns", "add", name)
            ip("-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", f"port{number}", "netns", switch)
            ip("-n", switch, "link", "set", f"port{number}", "master", "bridge0", "up")
            ip("-n", name, "addr", "add", f"{address(number)}/24", "dev", "eth0")
            for link in ("lo", "eth0"):
                ip("-n", name, "link", "set", link, "up")
        yield names
    finally:
        for name in (*names, switch):
            with suppress(NoHostsError):
                end(name)
                ip("netns", "del", name)


def ip(*arguments: str) -> str:
    if shutil.which("ip") is None:
        raise NoHostsError("the program ip is missing (Debian: iproute2)")
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise NoHostsError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def address(number: int) -> str:
    return f"10.77.0.{number + 1}"


def end(name: str) -> None:
    """Kill every process of a host, as a power cut does."""
    for process in map(int, ip("netns", "pids", name).split()):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def on(name: str, *command: str | Path) -> "subprocess.Popen[bytes]":
    """Start a program on a host; its output is kept from the screen."""
    return subprocess.Popen(
        ["ip", "netns", "exec", name, *command],
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def happened(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (seen := look()):
        if time.monotonic() > deadline:
            sys.exit(f"waited for {PATIENCE:g} s in vain")
        time.sleep(0.1)
    return seen


def ray_loses_a_host(names: list[str]) -> dict[str, Any]:
    """As many trainings as hosts, and one more; once the last host is in the middle of one, it is taken away."""
    first, *_, last = names
    ray = Path(sys.executable).with_name("ray")
    settings = ["--num-cpus=1", "--object-store-memory=80000000", "--disable-usage-stats", "--block"]
    with tempfile.TemporaryDirectory() as folder:
        store, here = Path(folder, "there"), Path(folder, "here")
        store.mkdir()
        on(first, ray, "start", "--head", f"--node-ip-address={address(0)}", f"--port={PORT}",
           "--include-dashboard=false", f"--temp-dir={folder}/ray", *settings)  # fmt: skip

        def join(number: int) -> "subprocess.Popen[bytes]":
            joining = (f"--address={address(0)}:{PORT}", f"--node-ip-address={address(number)}")
            return on(names[number], ray, "start", *joining, *settings)

        joined = {number: join(number) for number in range(1, COUNT)}
        driver = on(first, sys.executable, __file__, "drive", store)
        inside = os.stat(f"/run/netns/{last}").st_ino

        def in_the_middle() -> bool:
            for number, process in joined.items():
                if process.poll() is not None:  # Ray gives a node half a minute to start, which a busy machine exceeds
                    joined[number] = join(number)
            return (store / f"reached.{inside}").exists() or driver.poll() is not None

        happened(in_the_middle)
        used = len(list(store.glob("reached.*")))
        end(last)
        ip("-n", last, "link", "set", "eth0", "down")
        (store / "lost").touch()
        happened(lambda: driver.poll() is not None)
        one_after_the_other(here)
        for name in names:
            end(name)
        same = tasks.weights(store) == tasks.weights(here) != {}
        done = len(list(store.glob("*/*/DONE")))
    return {
        "trainings": TRAININGS, "hosts_in_mid_training": used, "hosts_lost": 1, "finished": done,
        "exit_code": driver.returncode, "same_bits": same,
    }  # fmt: skip


def drive(store: Path) -> None:
    """What the user's command does on the first host."""
    from ontogeny.lab.executor import Task, run_tasks
    from ontogeny.lab.executors.ray import RayExecutor

    work = [Task(f"seed {seed}", tasks.train_until_a_host_is_lost, (store, seed)) for seed in range(TRAININGS)]
    happened(lambda: _nodes() == COUNT)
    run_tasks(work, executor=RayExecutor(COUNT, address=f"{address(0)}:{PORT}"))


def _nodes() -> int:
    """How many hosts have joined."""
    import ray

    with suppress(ConnectionError, ValueError, RuntimeError):
        ray.init(f"{address(0)}:{PORT}", log_to_driver=False, logging_level="error")
        try:
            return sum(node["Alive"] for node in ray.nodes())
        finally:
            ray.shutdown()
    return 0


def one_after_the_other(store: Path) -> None:
    """The same trainings by this machine's executor, with one thread, as each host has one core."""
    from ontogeny.lab.executor import Task, run_tasks

    store.mkdir()
    (store / "lost").touch()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        work = [Task(str(seed), tasks.train_until_a_host_is_lost, (store, seed)) for seed in range(TRAININGS)]
        run_tasks(work, workers=1)
    finally:
        os.sched_setaffinity(0, cores)


def torchrun(names: list[str]) -> dict[str, Any]:
    """One training with a process on each host, stopped once and resumed, against one process alone."""
    from distributed_training import TRAINING
    from training_toys import Copying, Mixer, accuracy

    from ontogeny.training import Trajectory, train

    ip("-n", names[-1], "link", "set", "eth0", "up")
    script = ROOT / "tests" / "training" / "distributed_training.py"
    with tempfile.TemporaryDirectory() as folder:
        started = [
            on(name, sys.executable, "-m", "torch.distributed.run", f"--nnodes={COUNT}", f"--node-rank={number}",
               "--nproc-per-node=1", f"--master-addr={address(0)}", "--master-port=29500", script, folder, "replicated")
            for number, name in enumerate(names)
        ]  # fmt: skip
        codes = [process.wait(PATIENCE) for process in started]
        spread = Trajectory(Path(folder, "replicated"))
        one = train(Mixer(), Copying(), TRAINING, seed=1, folder=Path(folder, "one"), evaluate=accuracy)
        losses = [_losses(run) for run in (spread, one)]
        return {
            "processes": COUNT, "exit_codes": codes, "steps": TRAINING.steps, "finished": spread.done,
            "largest_difference_of_the_loss": max(abs(a - b) for a, b in zip(*losses, strict=True)),
        }  # fmt: skip


def _losses(run: Any) -> list[float]:
    return [row["value"] for row in run.metrics().to_pylist() if row["name"] == "loss"]


if __name__ == "__main__":
    drive(Path(sys.argv[2])) if sys.argv[1:2] == ["drive"] else main()
