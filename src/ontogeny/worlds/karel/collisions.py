"""How often the same sample, or the same program, comes again: within a stream, and between training and the others."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np
from jaxtyping import UInt64

from ontogeny.worlds.world import Split

if TYPE_CHECKING:
    from ontogeny.worlds.karel.world import Karel


@dataclass(frozen=True)
class Collisions:
    """Counts for one split. A sample is a program with its first shown input."""

    split: Split
    samples: int
    """Samples drawn."""
    repeated: int
    """Samples that came earlier in the same stream."""
    in_training: int
    """Samples that are also in the training stream; 0 by construction for every other split."""
    programs: int
    """Different programs."""
    programs_in_training: int
    """Different programs that the training stream holds too, with other grids: short programs must recur."""


def count_collisions(world: "Karel", seed: int, *, steps: int, size: int) -> tuple[Collisions, ...]:
    """Draw `steps` batches of `size` from every split and count."""
    keys = {split: _keys(world, seed, steps, size, split) for split in get_args(Split)}
    trained_samples, trained_programs = keys["train"]
    results = []
    for split, (samples, programs) in keys.items():
        different = np.unique(programs)
        results.append(
            Collisions(
                split=split,
                samples=len(samples),
                repeated=len(samples) - len(np.unique(samples)),
                in_training=int(np.isin(samples, trained_samples).sum()),
                programs=len(different),
                programs_in_training=int(np.isin(different, trained_programs).sum()),
            )
        )
    return tuple(results)


def _keys(
    world: "Karel", seed: int, steps: int, size: int, split: Split
) -> tuple[UInt64[np.ndarray, " sample"], UInt64[np.ndarray, " sample"]]:
    """Hashes of all samples of a stream, and of their programs alone."""
    from ontogeny.worlds.karel.sampling import content_keys

    drawn = [world.sample(seed, step, size, split) for step in range(steps)]
    samples = [content_keys(sample.programs, sample.inputs[:: world.examples]) for sample in drawn]
    programs = [content_keys(sample.programs) for sample in drawn]
    return np.concatenate(samples), np.concatenate(programs)
