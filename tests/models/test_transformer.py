import subprocess
import sys

import pytest

from ontogeny.configuration import content_hash, from_plain, to_plain
from ontogeny.errors import UsageError
from ontogeny.models import Transformer, codegen


def test_plain_form_gives_the_same_configuration():
    config = Transformer(layers=2, rotary_width=8, activation="gated")
    assert from_plain(Transformer, to_plain(config)) == config
    assert content_hash(config) != content_hash(Transformer(layers=2, rotary_width=8))


def test_hashes_of_configurations_are_pinned():
    """Stored runs are named by them: settings that came later (`LATER`) must not change them."""
    assert content_hash(Transformer()) == "3da2fe19eed4cb4b"
    assert content_hash(codegen(layers=20, width=1024, heads=16, rotary_width=32)) == "c750881128dfac39"
    for later in (
        {"key_value_heads": 2},
        {"smeared_keys": True},
        {"positions": "learned", "planted": (1,)},
        {"convolution": 1},
    ):
        assert content_hash(Transformer(**later)) != content_hash(Transformer())


@pytest.mark.parametrize("shared", [0, 3, 8])
def test_key_value_heads_must_divide_heads(shared):
    with pytest.raises(UsageError, match=f"heads=4 and key_value_heads={shared}"):
        Transformer(key_value_heads=shared)


def test_an_offset_is_one_of_a_position_table():
    with pytest.raises(UsageError, match="needs positions='learned', given 'rotary'"):
        Transformer(position_offset=2)


def test_a_convolution_needs_neighbours_that_see_one_another():
    with pytest.raises(UsageError, match="which mask='given' does not let see one another"):
        Transformer(convolution=1, mask="given")


def test_width_must_divide_into_heads():
    with pytest.raises(UsageError, match="width=130 and heads=4"):
        Transformer(width=130)


@pytest.mark.parametrize("rotary_width", [3, 34])
def test_rotary_width_must_be_even_and_fit_a_head(rotary_width):
    with pytest.raises(UsageError, match=f"at most width / heads = 32, given {rotary_width}"):
        Transformer(rotary_width=rotary_width)


@pytest.mark.parametrize(("setting", "value"), [("layers", 0), ("mlp", -1), ("norm_epsilon", 0), ("mask", "full")])
def test_values_out_of_range_are_named(setting, value):
    with pytest.raises(UsageError, match=setting):
        from_plain(Transformer, {setting: value})


def test_a_model_is_built_from_values_in_range_only():
    with pytest.raises(UsageError, match="layers"):
        Transformer(layers=0).build(vocab=2, feature_size=0, length=2, seed=0)


def test_codegen_preset_is_the_published_architecture():
    config = codegen(layers=20, width=1024, heads=16, rotary_width=32)
    assert (config.mlp, config.head_width, config.rotated, config.block) == (4096, 64, 32, "parallel")
    assert not config.attention_biases
    assert config.head_bias


def test_configurations_are_imported_without_torch():
    code = "import sys, ontogeny.models as m; m.Transformer(); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_unknown_names_are_attribute_errors():
    import ontogeny.models

    with pytest.raises(AttributeError, match="Perceptron"):
        _ = ontogeny.models.Perceptron
    assert ontogeny.models.TransformerModel.__name__ == "TransformerModel"
