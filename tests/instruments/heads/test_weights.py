import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments.heads import HeadWeights, composition, copying_logits, copying_spectrum
from ontogeny.instruments.heads.weights import random_composition
from ontogeny.models import Transformer

CONFIG = Transformer(layers=3, width=24, heads=4, mlp=8, key_value_heads=2, initial_scale=0.3)


def random_model(config=CONFIG, vocab=11, seed=0):
    model = config.build(vocab=vocab, feature_size=0, length=8, seed=seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name and name.endswith("weight"):
                parameter.uniform_(0.5, 2.0, generator=torch.Generator().manual_seed(seed))
    return model


def dense(weights, layer, head):
    """The whole OV and QK maps of a head, [width, width]."""
    ov = weights.value[layer, head] @ weights.output[layer, head]
    return ov.numpy(), (weights.query[layer, head] @ weights.key[layer, head].T).numpy()


@pytest.mark.parametrize("norm", ["layer", "rms", "none"])
def test_folded_maps_are_what_the_model_computes(norm):
    """With norms that divide by 1, a head's output is its folded maps applied to the residual stream."""
    model = random_model(Transformer(layers=1, width=8, heads=2, mlp=0, norm=norm, positions="none"))
    x = torch.randn(5, 8, generator=torch.Generator().manual_seed(0)).double()
    weights, attention = HeadWeights.of(model), model.layers[0].attention.double()
    gain = getattr(model.layers[0].attention_norm, "weight", torch.ones(8)).double()
    centred = x - x.mean(-1, keepdim=True) if norm == "layer" else x
    value = attention.input.weight[16:] @ (centred * gain).T  # [head x head_width, row]
    for head in range(2):
        rows = slice(4 * head, 4 * head + 4)
        written = value[rows].T @ attention.output.weight[:, rows].T
        written = written - written.mean(-1, keepdim=True) if norm == "layer" else written
        torch.testing.assert_close(x @ weights.value[0, head] @ weights.output[0, head], written)


def test_spectrum_is_that_of_the_whole_map_from_tokens_to_logits():
    weights = HeadWeights.of(random_model())
    for layer, head in np.ndindex(3, 4):
        ov, _ = dense(weights, layer, head)
        values = np.linalg.eigvals(weights.embed.numpy() @ ov @ weights.unembed.numpy())
        expected = values.sum().real / np.abs(values).sum()
        assert copying_spectrum(weights)[layer, head] == pytest.approx(expected, abs=1e-9)


def test_ranks_are_those_of_the_whole_map():
    weights = HeadWeights.of(random_model())
    ov, _ = dense(weights, 1, 2)
    logits = weights.embed.numpy() @ ov @ weights.unembed.numpy()
    place = [(row < row[token]).sum() / 10 for token, row in enumerate(logits)]
    assert copying_logits(weights)[1, 2] == pytest.approx(2 * np.mean(place) - 1, abs=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_planted_copying_head_scores_one(sign):
    model = Transformer(layers=1, width=12, heads=1, mlp=0, norm="rms").build(
        vocab=12, feature_size=0, length=4, seed=0
    )
    with torch.no_grad():
        for weight in (model.token_table.weight, model.head.weight):
            weight.copy_(torch.eye(12))
        model.layers[0].attention.input.weight[24:] = torch.eye(12)
        model.layers[0].attention.output.weight.copy_(sign * torch.eye(12))
    weights = HeadWeights.of(model)
    assert copying_logits(weights)[0, 0] == sign
    assert copying_spectrum(weights)[0, 0] == pytest.approx(sign)


def test_large_vocabularies_are_sampled_by_the_seed():
    weights = HeadWeights.of(random_model(vocab=300))
    everything, some = copying_logits(weights, tokens=300), copying_logits(weights, tokens=100)
    assert np.abs(everything - some).max() < 0.3
    assert np.array_equal(some, copying_logits(weights, tokens=100))
    assert not np.array_equal(some, copying_logits(weights, tokens=100, seed=1))


def test_composition_is_that_of_the_whole_maps():
    weights = HeadWeights.of(random_model())
    found = {kind: composition(weights, kind) for kind in ("Q", "K", "V")}
    for layer, head, to_layer, to_head in np.ndindex(3, 4, 3, 4):
        place = (layer, head, to_layer, to_head)
        if to_layer <= layer:
            assert all(scores[place] == 0 for scores in found.values())
            continue
        ov, _ = dense(weights, layer, head)
        later_ov, later_qk = dense(weights, to_layer, to_head)
        for kind, reader in (("Q", later_qk), ("K", later_qk.T), ("V", later_ov)):
            expected = np.linalg.norm(ov @ reader) / np.linalg.norm(ov) / np.linalg.norm(reader)
            assert found[kind][place] == pytest.approx(expected, abs=1e-9)


def test_random_heads_compose_at_chance():
    config = Transformer(layers=2, width=64, heads=8, mlp=0, norm="rms")
    for kind in ("Q", "K", "V"):
        scores = composition(HeadWeights.of(config.build(vocab=9, feature_size=0, length=4, seed=0)), kind)
        assert scores[0, :, 1].mean() == pytest.approx(random_composition(64), rel=0.05)


def test_an_unknown_kind_is_refused(unchecked):
    with pytest.raises(UsageError, match="unknown composition 'O'"):
        composition(HeadWeights.of(random_model()), "O")


def test_the_model_is_left_as_it_was():
    model = random_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    composition(HeadWeights.of(model), "Q")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
