"""Learning in context: the loss by place in the sequence, its score, and the bump that its arrival leaves in training.

The in-context score is the loss at the 500th token minus the loss at the 50th (Olsson et al. 2022), in nats: the more
a model learns from its context, the further below 0. Their sequences have 512 tokens; for others the two places are
the same shares of the length.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Real
from torch import Tensor
from torch.nn.functional import cross_entropy

from ontogeny.errors import UsageError
from ontogeny.statistics.axis import curve_on_axis
from ontogeny.worlds.world import IGNORE, Batch

EARLY, LATE = 50 / 512, 500 / 512


def position_losses(logits: Float[Tensor, "batch seq vocab"], batch: Batch) -> Float[np.ndarray, "batch seq"]:
    """The loss in nats at every position, for the token that comes next; nan where there is no target."""
    targets = torch.from_numpy(batch.targets)
    losses = cross_entropy(logits.transpose(1, 2).float(), targets, ignore_index=IGNORE, reduction="none")
    return np.where(batch.targets == IGNORE, np.nan, losses.double().numpy())


def in_context_score(
    losses: Float[np.ndarray, "batch seq"], *, early: int | None = None, late: int | None = None, window: int = 1
) -> float:
    """The mean loss of predicting the token with index `late` minus that for `early`, in nats.

    `losses` as `position_losses` gives them: those of the token with index i (from 0) stand at position i - 1. By
    default the two indices are 50/512 and 500/512 of the length. Short test sets are noisy: `window` (odd) so many
    neighbouring tokens are averaged around each, as far as they exist. Means are over sequences and tokens that have a
    loss.

    Raises: UsageError for indices out of order or out of range, and where no sequence has a loss at one of them.
    """
    length = losses.shape[1]
    early = max(1, round(length * EARLY)) if early is None else early
    late = min(length - 1, round(length * LATE)) if late is None else late
    if not 1 <= early < late < length:
        raise UsageError(f"expected 1 <= early < late < {length} tokens, given early={early} and late={late}")
    if window < 1 or window % 2 == 0:
        raise UsageError(f"window: expected an odd number of tokens, given {window}")
    reach = window // 2

    def around(token: int) -> float:
        chosen = losses[:, max(0, token - 1 - reach) : token + reach]
        if np.isnan(chosen).all():
            raise UsageError(f"no sequence has a loss for token {token}")
        return float(np.nanmean(chosen))

    return around(late) - around(early)


@dataclass(frozen=True)
class Bump:
    """Where a loss stays above the straight line that it later meets: a plateau, and a fall faster than before.

    `height`: how far above at most, in the loss's unit, at the step `peak`; `share`: of the whole fall of the loss.
    `begin` and `end`: where the line touches the curve. A convex curve, as of a model that learns ever more slowly,
    has no bump: height and share are 0.
    """

    height: float
    share: float
    peak: float
    begin: float
    end: float


def loss_bump(steps: Real[np.ndarray, " checkpoint"], losses: Real[np.ndarray, " _checkpoint"]) -> Bump:
    """The largest bump of a loss curve: its greatest distance above the largest convex curve below it.

    Noise looks like bumps too: measure the loss on the same sequences at every checkpoint.
    Raises: UsageError for fewer than 3 checkpoints, values that are not finite, or unordered steps.
    """
    places, values = curve_on_axis(steps, losses, "linear", fewest=3)
    corners = _lower_hull(places, values)
    above = values - np.interp(places, places[corners], values[corners])
    peak = int(np.argmax(above))
    after = int(np.searchsorted(corners, peak, side="right"))
    begin, end = corners[max(0, after - 1)], corners[min(after, len(corners) - 1)]
    fall = float(values[0] - values.min())
    share = float(above[peak]) / fall if fall > 0 else 0.0
    return Bump(float(above[peak]), share, float(places[peak]), float(places[begin]), float(places[end]))


def _lower_hull(places: Float[np.ndarray, " checkpoint"], values: Float[np.ndarray, " checkpoint"]) -> list[int]:
    """The corners of the largest convex curve below the points (Andrew's monotone chain)."""
    corners: list[int] = []
    for i in range(len(places)):
        while len(corners) > 1:
            a, b = corners[-2], corners[-1]
            if (values[b] - values[a]) * (places[i] - places[a]) < (values[i] - values[a]) * (places[b] - places[a]):
                break
            corners.pop()
        corners.append(i)
    return corners
