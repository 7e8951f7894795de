import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.instruments import in_context_score, loss_bump, position_losses
from ontogeny.instruments.parts import logits_of, mean_loss, sequences
from ontogeny.models import Transformer
from ontogeny.worlds import IGNORE


def test_the_score_is_the_published_one_at_512_tokens():
    losses = np.random.default_rng(0).normal(size=(3, 512))
    assert in_context_score(losses) == pytest.approx(losses[:, 499].mean() - losses[:, 49].mean())


@pytest.mark.parametrize(("length", "early", "late"), [(64, 6, 62), (128, 12, 125), (8, 1, 7)])
def test_for_other_lengths_the_places_are_the_same_shares(length, early, late):
    losses = np.arange(length - 1, dtype=float)[None].repeat(2, axis=0)
    losses = np.concatenate([losses, np.full((2, 1), np.nan)], axis=1)
    assert in_context_score(losses) == late - early
    assert in_context_score(losses, early=2, late=5) == 3


def test_a_window_averages_the_neighbours_that_exist():
    losses = np.array([[1.0, 2.0, 6.0, 4.0, 8.0, np.nan]])
    assert in_context_score(losses, early=1, late=5, window=3) == pytest.approx((4 + 8) / 2 - (1 + 2) / 2)


def test_losses_stand_at_the_position_that_predicts():
    model = Transformer(layers=1, width=8, heads=2, mlp=0).build(vocab=5, feature_size=0, length=6, seed=0)
    batch = sequences(np.array([[0, 1, 2, 3, 4, 0], [4, 4, 1, 0, 2, 2]]))
    batch = dataclasses.replace(batch, targets=np.where(np.arange(6) == 2, IGNORE, batch.targets))
    logits = logits_of(model, batch)
    losses = position_losses(logits, batch)
    assert np.isnan(losses[:, [2, 5]]).all()
    wanted = -torch.log_softmax(logits, -1)[1, 3, 2]
    assert losses[1, 3] == pytest.approx(float(wanted), abs=1e-6)
    assert np.nanmean(losses) == pytest.approx(mean_loss(logits, batch), abs=1e-6)


def test_a_plateau_before_a_fall_is_a_bump():
    steps = np.array([0, 10, 20, 30, 40, 50])
    found = loss_bump(steps, np.array([4.0, 3.0, 3.0, 2.0, 0.0, 0.0]))
    # The line from (0, 4) to (40, 0) lies below; at 20 the curve is 1 above it.
    assert (found.height, found.peak, found.begin, found.end) == (1.0, 20, 0, 40)
    assert found.share == 0.25


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 2.0), min_size=3, max_size=20), st.floats(0.1, 5.0))
def test_a_convex_curve_has_no_bump(slopes, spacing):
    losses = -np.cumsum(np.sort(slopes)[::-1])
    assert loss_bump(spacing * np.arange(len(losses)), losses).height == pytest.approx(0, abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=3, max_size=20))
def test_the_bump_is_the_largest_distance_above_any_chord(values):
    losses = np.array(values)
    steps = np.arange(len(losses))
    chords = [
        losses[k] - (losses[i] + (losses[j] - losses[i]) * (k - i) / (j - i))
        for i in steps
        for j in range(i + 1, len(losses))
        for k in range(i, j + 1)
    ]
    assert loss_bump(steps, losses).height == pytest.approx(max(chords), abs=1e-9)


def test_errors_say_what_was_expected():
    losses = np.zeros((2, 8))
    with pytest.raises(UsageError, match="early < late < 8 tokens, given early=5 and late=3"):
        in_context_score(losses, early=5, late=3)
    with pytest.raises(UsageError, match="odd number of tokens, given 2"):
        in_context_score(losses, window=2)
    with pytest.raises(UsageError, match="no sequence has a loss for token 7"):
        in_context_score(np.where(np.arange(8) == 6, np.nan, losses))
