import pyarrow as pa

from ontogeny.lab.measurements import Measurement
from ontogeny.training import Training

TABLE = pa.table({"x": [1.0, 2.0]})


def test_one_table_and_several_are_read_as_they_were_written(tmp_path):
    one = Measurement.of(tmp_path, "one", Training(steps=1), ["a"])
    several = Measurement.of(tmp_path, "several", Training(steps=1), ["a"])
    assert one.read() is several.read() is None
    one.write(TABLE)
    several.write({"left": TABLE, "right": TABLE})
    assert one.read().equals(TABLE)
    assert sorted(several.read()) == ["left", "right"]


def test_the_name_follows_from_everything(tmp_path):
    makings = [("one", 1, ["a"]), ("two", 1, ["a"]), ("one", 2, ["a"]), ("one", 1, ["b"])]
    names = {Measurement.of(tmp_path, name, Training(steps=steps), sums).folder for name, steps, sums in makings}
    assert len(names) == 4
