"""`ontogeny doctor`: what this machine offers."""

import argparse

from ontogeny.cli.common import Commands, add_json, add_store, print_json


def add(commands: Commands) -> None:
    command = commands.add_parser("doctor", help="cores, bf16, GPU, disk, optional parts")
    command.set_defaults(command=doctor)
    add_json(command)
    add_store(command)


def doctor(given: argparse.Namespace) -> None:
    """`ontogeny doctor`"""
    from ontogeny.lab.environment import OPTIONAL_PARTS, examine

    facts = examine(given.store)
    if given.json:
        print_json(facts)
        return
    hardware, rates = facts["hardware"], facts["matrix_product_gflops"]
    lines = {
        "processor": f"{hardware['processor']}, {hardware['cores']} cores, {hardware['memory_gib']} GiB of memory",
        "python": f"{facts['versions']['python']} ({facts['python']})",
        "torch": f"{facts['versions']['torch']}, {facts['torch_threads']} threads",
        "matrices": f"fp32 {rates['fp32']:g} GFLOP/s, bf16 {rates['bf16']:g} GFLOP/s",
        "GPU": ", ".join(facts["gpus"]) or "none",
        "disk": f"{facts['disk_free_gib']:g} GiB free for {facts['store']}",
        **{
            name: f"{'present' if facts['optional'][name] else 'absent'}: {purpose}"
            for name, purpose in OPTIONAL_PARTS.items()
        },
    }
    for name, value in lines.items():
        print(f"{name:<13}{value}")
