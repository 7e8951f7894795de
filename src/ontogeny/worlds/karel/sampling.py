"""Drawing programs and grids: seeded, every sample in one split only, no sample twice in a batch."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Int, Int8, UInt64

from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.karel.engine import run_flat
from ontogeny.worlds.karel.grammar import PAD, left_aligned
from ontogeny.worlds.karel.grid import Grids
from ontogeny.worlds.karel.language import GUARDS, OPERATIONS
from ontogeny.worlds.world import Split

if TYPE_CHECKING:
    from ontogeny.worlds.karel.world import Karel

_BUCKETS = 16  # of content hashes; one each for these splits, all others are for training
_BUCKET: dict[str, int] = {"validation": 0, "probe": 1, "test": 2}
_ROUNDS = 2000  # of replacing rejected samples: the rarest split accepts one in 16, so more means there is nothing left


@dataclass(frozen=True, eq=False)
class Sample:
    """What a batch is about: programs, and grids before and after them.

    All grids of an attribute are one batch: example e of sample s lies in row s * examples + e.
    """

    programs: Int8[np.ndarray, "batch step"]
    """Flat programs (codes of the engine, -1 pads)."""
    inputs: Grids
    """The shown input grids, batch * example of them."""
    outputs: Grids
    """What each program makes of the shown inputs."""
    held_inputs: Grids
    """Further inputs of the same programs that are never shown."""
    held_outputs: Grids

    def __len__(self) -> int:
        return len(self.programs)

    @property
    def examples(self) -> int:
        """Shown examples of each program."""
        return len(self.inputs) // max(1, len(self.programs))

    def pair(self, sample: int, example: int) -> tuple[Grids, Grids]:
        """One shown input and its output, each as `Grids` of one."""
        row = sample * self.examples + example
        return self.inputs[row], self.outputs[row]

    def take(self, rows: Int[np.ndarray, " rows"]) -> "Sample":
        """Some of the samples, in the order of `rows`."""

        def grids(all_grids: Grids) -> Grids:
            each = len(all_grids) // max(1, len(self))
            return all_grids[(rows[:, None] * each + np.arange(each)).ravel()]

        kept = (grids(x) for x in (self.inputs, self.outputs, self.held_inputs, self.held_outputs))
        return Sample(self.programs[rows], *kept)

    def alternating(self) -> Grids:
        """The shown grids in the order in which a model sees them: in_1, out_1, in_2, ... of each sample in turn."""

        def merge(inputs: np.ndarray, outputs: np.ndarray) -> np.ndarray:
            return np.stack([inputs, outputs], axis=1).reshape(-1, *inputs.shape[1:])

        before, after = self.inputs, self.outputs
        return Grids(
            walls=merge(before.walls, after.walls),
            markers=merge(before.markers, after.markers),
            robot=merge(before.robot, after.robot),
        )


def split_of(keys: UInt64[np.ndarray, " batch"], split: Split) -> Bool[np.ndarray, " batch"]:
    """Which samples belong to `split`: a property of their content, whatever the seed or step that drew them."""
    buckets = keys % np.uint64(_BUCKETS)
    if split == "train":
        return buckets >= np.uint64(len(_BUCKET))
    return buckets == np.uint64(_BUCKET[split])


def content_keys(programs: Int8[np.ndarray, "batch step"], first: Grids | None = None) -> UInt64[np.ndarray, " batch"]:
    """A 64-bit hash of each program and its first shown input (or of the program alone).

    A fixed random linear form over the bytes, modulo 2^64, then the finaliser of splitmix64 (Steele et al. 2014).
    """
    parts = [programs.astype(np.int64) + 1]
    if first is not None:
        parts += [
            part.reshape(len(programs), -1).astype(np.int64) for part in (first.walls, first.markers, first.robot)
        ]
    content = np.concatenate(parts, axis=1).astype(np.uint64)
    key = content @ _form(content.shape[1])
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        key = (key ^ (key >> np.uint64(shift))) * np.uint64(factor)
    return key ^ (key >> np.uint64(31))


@cache
def _form(size: int) -> UInt64[np.ndarray, " byte"]:
    """The odd coefficients of the linear form; changing them changes which sample belongs to which split."""
    return generator("karel content").integers(0, 2**64, size=size, dtype=np.uint64) | np.uint64(1)


def draw(world: "Karel", seed: int, step: int, size: int, split: Split) -> Sample:
    """A batch of samples: a pure function of its arguments."""
    random = generator("karel", seed, split, step)
    shortest, longest = world.lengths
    kinds = longest - shortest + 1
    lengths = random.permutation(shortest + (np.arange(size) + random.integers(kinds)) % kinds)
    programs, first = _distinct(world, random, lengths, split)
    others = draw_grids(world, random, size * (world.examples - 1))
    inputs = _interleaved(first, others, size)
    held_inputs = draw_grids(world, random, size * world.held_out)
    return executed(programs, inputs, held_inputs)


def executed(programs: Int8[np.ndarray, "batch step"], inputs: Grids, held_inputs: Grids) -> Sample:
    """The sample of given programs and inputs, outputs computed."""
    size = max(1, len(programs))
    return Sample(
        programs=programs,
        inputs=inputs,
        outputs=run_flat(programs, inputs, repeat=len(inputs) // size).grids,
        held_inputs=held_inputs,
        held_outputs=run_flat(programs, held_inputs, repeat=len(held_inputs) // size).grids,
    )


def _distinct(
    world: "Karel", random: np.random.Generator, lengths: Int[np.ndarray, " batch"], split: Split
) -> tuple[Int8[np.ndarray, "batch step"], Grids]:
    """Programs of the given lengths with their first inputs, all of `split`, no two alike.

    Rejected samples are drawn again with their length kept, so that the lengths stay in equal counts and (the hash
    being blind to what a program does) the distribution is that of unrestricted sampling.
    """
    programs, first = draw_programs(world, random, lengths), draw_grids(world, random, len(lengths))
    keys = content_keys(programs, first)
    for _ in range(_ROUNDS):
        rejected = _rejected(keys, split)
        if not len(rejected):
            return programs, first
        fresh = draw_grids(world, random, len(rejected))
        programs[rejected] = draw_programs(world, random, lengths[rejected])
        for held, new in ((first.walls, fresh.walls), (first.markers, fresh.markers), (first.robot, fresh.robot)):
            held[rejected] = new
        keys[rejected] = content_keys(programs[rejected], fresh)
    raise UsageError(
        f"a {world.rows} x {world.width} world with programs of {world.lengths[0]} to {world.lengths[1]} operations "
        f"has too few different samples for {len(lengths)} of the {split!r} split; use larger grids or a smaller batch"
    )


def _rejected(keys: UInt64[np.ndarray, " batch"], split: Split) -> Int[np.ndarray, " rejected"]:
    """Samples of other splits, and all but the first of samples that are alike."""
    keep = np.zeros(len(keys), dtype=bool)
    keep[np.unique(keys, return_index=True)[1]] = True
    return np.flatnonzero(~(keep & split_of(keys, split)))


def draw_programs(
    world: "Karel", random: np.random.Generator, lengths: Int[np.ndarray, " batch"]
) -> Int8[np.ndarray, "batch step"]:
    """Programs of independent weighted operations; where the world has guards, each operation gets one by chance."""
    shape = (len(lengths), world.lengths[1])
    bounds = np.cumsum(world.weights) / sum(world.weights)
    operations = np.searchsorted(bounds, random.random(shape), side="right").astype(np.int8)
    used = np.arange(shape[1]) < lengths[:, None]
    operations = np.where(used, operations, PAD).astype(np.int8)
    if world.programs == "straight":
        return operations
    guarded = used & (random.random(shape) < world.guards)
    guards = len(OPERATIONS) + random.integers(0, len(GUARDS), size=shape)
    statements = np.stack([np.where(guarded, guards, PAD), operations], axis=2)
    return left_aligned(statements.reshape(len(lengths), -1))


def draw_grids(world: "Karel", random: np.random.Generator, size: int) -> Grids:
    """Grids with independent walls and markers, at most one marker a cell and none in a wall.

    The robot's cell and facing are uniform, and its cell has no wall; it may hold a marker.
    """
    shape = (size, world.rows, world.width)
    walls = random.random(shape, dtype=np.float32) < world.walls
    markers = random.random(shape, dtype=np.float32) < world.markers
    robot = np.stack([random.integers(0, limit, size, dtype=np.int8) for limit in (*shape[1:], 4)], axis=1)
    walls[np.arange(size), robot[:, 0], robot[:, 1]] = False
    return Grids(walls=walls, markers=(markers & ~walls).astype(np.int8), robot=robot)


def _interleaved(first: Grids, others: Grids, size: int) -> Grids:
    """Put each sample's first grid before its other ones."""

    def join(one: np.ndarray, more: np.ndarray) -> np.ndarray:
        together = np.concatenate([one[:, None], more.reshape(size, -1, *one.shape[1:])], axis=1)
        return np.ascontiguousarray(together.reshape(-1, *one.shape[1:]))

    return Grids(
        walls=join(first.walls, others.walls),
        markers=join(first.markers, others.markers),
        robot=join(first.robot, others.robot),
    )
