"""Head meters against TransformerLens, an independent implementation, on the same weights and attention tensors."""

import os

import numpy as np
import pytest
import torch

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is asked of a hub
pytest.importorskip("transformer_lens")

from transformer_lens import FactoredMatrix
from transformer_lens import head_detector as detector
from transformer_lens.model_bridge.sources._bridge_builder import build_bridge_from_module

from ontogeny.instruments.ablation import ablate
from ontogeny.instruments.capture import capture
from ontogeny.instruments.heads import (
    HeadWeights,
    attention_on,
    composition,
    copying_spectrum,
    repeated_tokens,
    wanted_keys,
)
from ontogeny.instruments.parts import head, sequences
from ontogeny.models.huggingface import load_state
from peers import PEERS, peer, tokens

pytestmark = pytest.mark.slow  # the import alone takes seconds
NAMES = ["gpt2", "gpt_neox", "llama"]


def both(name):
    """Our model and TransformerLens' view of the same one."""
    reference = peer(name)
    ours = load_state(PEERS[name][0], reference.config.to_dict(), reference.state_dict())
    return ours, build_bridge_from_module(reference, type(reference).__name__, hf_config=reference.config)


@pytest.mark.parametrize("name", NAMES)
def test_captured_activations_are_equal(name):
    ours, theirs = both(name)
    ids = tokens()
    with torch.no_grad():
        logits, cache = theirs.run_with_cache(ids)
    pairs = {
        "residual_out": "hook_resid_post",
        "attention.pattern": "attn.hook_pattern",
        "attention.heads": "attn.hook_z",
    }
    found = capture(ours, ids.numpy(), None, [*(f"layers.{n}.{part}" for n in range(3) for part in pairs), "logits"])
    torch.testing.assert_close(found["logits"], logits, atol=1e-5, rtol=0)
    for layer in range(3):
        for part, hook in pairs.items():
            value, other = found[f"layers.{layer}.{part}"], cache[f"blocks.{layer}.{hook}"]
            value = value.transpose(1, 2) if part.endswith("pattern") else value
            torch.testing.assert_close(value, other.reshape(value.shape), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("meter", "theirs"),
    [
        ("previous_token", detector.get_previous_token_head_detection_pattern),
        ("prefix_matching", detector.get_induction_head_detection_pattern),
        ("association", detector.get_duplicate_token_head_detection_pattern),
    ],
)
def test_scores_of_patterns_are_equal(meter, theirs):
    """TransformerLens divides by all attention, we by the queries that have a key to look for."""
    ids = torch.from_numpy(repeated_tokens(40, length=24, count=4, seed=0))
    generator = torch.Generator().manual_seed(0)
    patterns = torch.softmax(
        torch.randn(4, 3, 24, 24, generator=generator) + torch.full((24, 24), -torch.inf).triu(1), -1
    )
    wanted = wanted_keys(meter, ids)
    for row in range(4):
        mask = theirs(ids[row : row + 1])
        assert torch.equal(mask.bool(), wanted[row])
        queries = wanted[row].any(-1).sum().item()
        for index in range(3):
            score = detector.compute_head_attention_similarity_score(
                patterns[row, index], mask, exclude_bos=False, exclude_current_token=False, error_measure="mul"
            )
            ours = attention_on(patterns[row : row + 1], wanted[row : row + 1])[index].item()
            assert ours == pytest.approx(score * 24 / queries, abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_composition_and_spectrum_are_equal(name):
    ours, theirs = both(name)
    weights = HeadWeights.of(ours)
    theirs.process_weights(fold_ln=True, center_writing_weights=name != "llama", center_unembed=True)
    for kind in ("Q", "K", "V"):
        scores = theirs.all_composition_scores(kind).scores.detach().numpy()
        np.testing.assert_allclose(composition(weights, kind), scores, atol=1e-5)
    for layer in range(3):
        attention = theirs.blocks[layer].attn
        value = attention.W_V.repeat_interleave(4 // len(attention.W_V), 0)
        ov = FactoredMatrix(theirs.W_E[None] @ value, attention.W_O @ theirs.W_U[None])
        expected = ov.eigenvalues.sum(-1).real / ov.eigenvalues.abs().sum(-1)
        np.testing.assert_allclose(copying_spectrum(weights)[layer], expected.detach().numpy(), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_zero_ablation_of_a_head_is_equal(name):
    ours, theirs = both(name)
    ids = tokens()

    def without(value, hook):
        value = value.clone()
        value.reshape(*value.shape[:2], 4, 8)[:, :, 2] = 0
        return value

    with torch.no_grad():
        logits = theirs.run_with_hooks(ids, fwd_hooks=[("blocks.1.attn.hook_z", without)])
    torch.testing.assert_close(ablate(ours, [head(1, 2)], "zero", sequences(ids.numpy())), logits, atol=1e-5, rtol=0)
