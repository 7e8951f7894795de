from ontogeny.worlds import Karel
from ontogeny.worlds.karel import count_collisions


def test_no_sample_crosses_from_training_and_repeats_are_counted():
    world = Karel(side=2, lengths=(1, 2), markers=0.3)
    counts = {row.split: row for row in count_collisions(world, 0, steps=4, size=200)}
    assert set(counts) == {"train", "validation", "probe", "test"}
    for split, row in counts.items():
        assert row.samples == 800
        assert row.in_training == (800 if split == "train" else 0)
        assert 0 < row.programs_in_training <= row.programs <= 30  # 5 + 25 different programs
    assert counts["train"].programs_in_training == counts["train"].programs
    assert counts["test"].repeated > counts["train"].repeated > 0  # a sixteenth of the contents against thirteen


def test_counts_by_brute_force():
    world = Karel(side=2, lengths=(1, 2), markers=0.3, examples=2)
    samples = [world.sample(3, step, 50, "train") for step in range(4)]
    contents, programs = set(), set()
    for sample in samples:
        for row in range(50):
            before, _ = sample.pair(row, 0)
            program = tuple(sample.programs[row].tolist())
            programs.add(program)
            contents.add((program, before.walls.tobytes(), before.markers.tobytes(), before.robot.tobytes()))
    train = count_collisions(world, 3, steps=4, size=50)[0]
    assert (train.repeated, train.programs) == (200 - len(contents), len(programs))


def test_large_worlds_hardly_repeat():
    rows = count_collisions(Karel(), 0, steps=2, size=500)
    assert all(row.repeated == 0 for row in rows)
    # Programs alone do recur: there are only 125 of three operations.
    assert all(row.programs < row.samples == 1000 for row in rows)
