import pytest

from ontogeny.errors import UsageError
from ontogeny.models.huggingface.rotary import read_rotary, share_of
from ontogeny.models.huggingface.settings import Settings


def test_what_nobody_read_is_named():
    settings = Settings({"n_layer": 2, "use_cache": True, "gate": 1, "window": 3}, "config.json")
    assert settings.integer("n_layer") == 2
    with pytest.raises(UsageError, match=r"^config\.json: settings that are not understood here: gate, window$"):
        settings.finish()


def test_missing_and_null_settings_take_their_default():
    settings = Settings({"n_inner": None}, "config.json")
    assert (settings.integer("n_inner", 8), settings.number("epsilon", 0.5), settings.flag("tied", True)) == (
        8,
        0.5,
        True,
    )
    settings.only("scale", 1)
    settings.finish()


def test_true_is_not_one():
    settings = Settings({"scale": True}, "config.json")
    with pytest.raises(UsageError, match="supported here is 1; given true"):
        settings.only("scale", 1)
    with pytest.raises(UsageError, match="expected true or false; given 1"):
        Settings({"tied": 1}, "config.json").flag("tied", True)


@pytest.mark.parametrize("value", [0, -1, 2**28, 1.5, "2", True, [1]])
def test_whole_numbers_have_bounds(value):
    with pytest.raises(UsageError, match="n: expected a whole number from 1"):
        Settings({"n": value}, "config.json").integer("n")


@pytest.mark.parametrize("rotated", [2, 4, 6, 10, 14, 28])
def test_the_share_gives_back_what_is_rotated(rotated):
    assert int(28 * share_of(rotated, 28)) == rotated


def test_newer_rotary_settings_win():
    values = {"theta": 5.0, "share": 0.5, "rope_parameters": {"rope_type": "default", "rope_theta": 7.0}}
    assert read_rotary(Settings(values, "c"), base="theta", share="share", default_share=1.0) == (7.0, 0.5)
    assert read_rotary(Settings({}, "c"), base="theta", share="share", default_share=0.25) == (10_000.0, 0.25)
