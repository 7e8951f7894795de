import numpy as np
import pytest

from ontogeny.instruments.heads import HeadWeights, composition, composition_table, head_table, repeated_tokens
from ontogeny.models import Transformer

MODEL = Transformer(layers=2, width=16, heads=2, mlp=8).build(vocab=9, feature_size=0, length=18, seed=0)


def test_every_head_has_a_row_a_meter_with_its_chance():
    rows = head_table(MODEL, repeated_tokens(9, length=18, count=3, seed=0)).to_pylist()
    assert len(rows) == 2 * 2 * 5
    assert {row["meter"] for row in rows} == {
        "previous_token", "prefix_matching", "association", "copying_spectrum", "copying_logits"
    }  # fmt: skip
    for row in rows:
        assert row["normalised"] == pytest.approx((row["score"] - row["chance"]) / (1 - row["chance"]))
        assert (row["chance"] > 0) == (not row["meter"].startswith("copying"))
        if row["chance"]:  # an untrained head looks about evenly
            assert abs(row["normalised"]) < 0.1


def test_pairs_of_heads():
    rows = composition_table(MODEL).to_pylist()
    assert len(rows) == 3 * 4
    scores = composition(HeadWeights.of(MODEL), "K")
    (row,) = (row for row in rows if (row["kind"], row["head"], row["to_head"]) == ("K", 1, 0))
    assert row["score"] == scores[1 * 0, 1, 1, 0]
    assert row["chance"] == 0.25
    assert np.isfinite([row["score"] for row in rows]).all()
