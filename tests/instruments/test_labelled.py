import json

import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.instruments.labelled import BUCKETS, probe_labelled, recent_input
from ontogeny.models import Transformer
from ontogeny.worlds.labelled import read_labelled

VOCAB, LENGTH = 8, 6
CONFIG = Transformer(layers=1, width=16, heads=2, mlp=16, initial_scale=0.3)
MODEL, FRESH = (CONFIG.build(vocab=VOCAB, feature_size=0, length=LENGTH, seed=seed) for seed in (0, 1))


@pytest.fixture
def data(tmp_path):
    lines = []
    for tokens in np.random.default_rng(0).integers(0, VOCAB, (60, LENGTH)).tolist():
        labels = {"half": [token // 4 for token in tokens], "one": [0] * LENGTH}
        lines.append(json.dumps({"tokens": tokens, "labels": labels}))
    (tmp_path / "data.jsonl").write_text("\n".join(lines))
    return read_labelled(tmp_path / "data.jsonl", vocab=VOCAB, length=LENGTH)


def test_what_the_embedding_holds_is_read_and_so_are_random_labels_of_the_tokens(data):
    rows = probe_labelled(MODEL, FRESH, data, "half", probe="ridge").to_pylist()
    assert [row["source"] for row in rows] == ["embed", "layers.0.residual_out"]
    first = rows[0]
    assert (first["accuracy"], first["untrained"], first["input"]) == (1, 1, 1)
    assert first["control"] > 0.95  # eight tokens are soon learned by heart: no evidence of a state
    assert first["selectivity"] == pytest.approx(1 - first["control"])
    assert 0.4 < first["majority"] < 0.7
    assert first["samples"] == 12 * LENGTH


def test_a_label_without_alternatives_is_refused(data):
    with pytest.raises(UsageError, match="one has 1 different values"):
        probe_labelled(MODEL, FRESH, data, "one")


def test_the_input_is_the_last_tokens_their_counts_and_the_position():
    tokens = np.array([[3, 3, 5, 3]])
    mask = np.array([[True, False, False, True]])
    found = recent_input(tokens, mask)  # 3 is the commonest: column 1; 5: column 2; column 3: nothing yet
    assert found.shape == (2, 3 * 4 + 3 + BUCKETS + 1)
    assert found[0, :15].tolist() == [0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0]
    assert found[1, :15].tolist() == [0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 3, 1]
    assert found[:, 15:].argmax(1).tolist() == [0, 3]
