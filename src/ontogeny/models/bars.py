"""A density made of bars: what a model says of a number when it answers with the logits of buckets.

The Riemann distribution of Mueller et al. (2022): uniform within each bucket, half normal in the first and the last,
which have no end. With given borders, the density's logarithm is that of the bucket's probability and what does not
depend on the model; so that cross entropy over buckets has the same gradient as the density's negative logarithm.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.special import ndtr

from ontogeny.errors import UsageError

HALF_NORMAL_MEDIAN = math.sqrt(2) * torch.erfinv(torch.tensor(0.5, dtype=torch.float64)).item()
ROOT_TWO_PI = math.sqrt(2 * math.pi)


class Bars:
    """Buckets between `borders` [bucket + 1], given in ascending order. All computes in double precision.

    Half of what lies in the first bucket lies below the first border, half of what is in the last above the last: this
    decides the widths of the tails.
    """

    def __init__(self, borders: Float[Tensor, " border"]) -> None:
        borders = borders.double()
        if len(borders) < 4 or not bool((borders.diff() > 0).all()):
            raise UsageError(
                "bars: expected 4 borders or more, each above the one before, given "
                f"{len(borders)} with a smallest step of {borders.diff().min().item() if len(borders) > 1 else 0:g}"
            )
        self.borders = borders
        self.widths: Float[Tensor, " bucket"] = borders.diff()
        self.tails = (self.widths[[0, -1]] / HALF_NORMAL_MEDIAN).tolist()
        """The scales of the two half normals: standard deviations of the normals that they are halves of."""
        self.ends = borders[1].item(), borders[-2].item()
        """Where the tails begin."""

    def bucket(self, outputs: Float[Tensor, "*many"]) -> Int[Tensor, "*many"]:
        """In which bucket each number lies; a border belongs to the bucket above it."""
        return torch.searchsorted(self.borders[1:-1], outputs.double().contiguous(), right=True)

    def log_density(
        self, logits: Float[Tensor, "*many bucket"], outputs: Float[Tensor, "*many"]
    ) -> Float[Tensor, "*many"]:
        """Of numbers, each under its own logits; in nats."""
        bucket, outputs = self.bucket(outputs), outputs.double()
        within = -self.widths.log()[bucket]
        for last, (tail, end) in enumerate(zip(self.tails, self.ends, strict=True)):
            half_normal = math.log(2 / (tail * ROOT_TWO_PI)) - ((outputs - end) / tail).square() / 2
            within = torch.where(bucket == last * (len(self.widths) - 1), half_normal, within)
        given = torch.log_softmax(logits.double(), dim=-1)
        return given.gather(-1, bucket[..., None])[..., 0] + within

    def loss(self, logits: Float[Tensor, "*many bucket"], outputs: Float[Tensor, "*many"]) -> Float[Tensor, ""]:
        """The mean negative logarithm of the density."""
        return -self.log_density(logits, outputs).mean()

    def mean(self, logits: Float[Tensor, "*many bucket"]) -> Float[Tensor, "*many"]:
        middles = (self.borders[1:] + self.borders[:-1]) / 2
        reach = math.sqrt(2 / math.pi)  # of a half normal of scale 1: its mean
        middles[0] = self.ends[0] - reach * self.tails[0]
        middles[-1] = self.ends[1] + reach * self.tails[1]
        return torch.softmax(logits.double(), dim=-1) @ middles

    def cumulative(
        self, logits: Float[Tensor, "*many bucket"], outputs: Float[Tensor, "*many"]
    ) -> Float[Tensor, "*many"]:
        """The probability of less than each number."""
        bucket, outputs = self.bucket(outputs), outputs.double()
        shares = torch.softmax(logits.double(), dim=-1)
        below = shares.cumsum(dim=-1).gather(-1, bucket[..., None])[..., 0]
        own = shares.gather(-1, bucket[..., None])[..., 0]
        within = (outputs - self.borders[bucket]) / self.widths[bucket]
        low, high = ((outputs - end) / tail / math.sqrt(2) for end, tail in zip(self.ends, self.tails, strict=True))
        within = torch.where(bucket == 0, torch.erfc(-low), within)
        within = torch.where(bucket == len(self.widths) - 1, torch.erf(high), within)
        return below - own * (1 - within)

    def quantile(self, logits: Float[Tensor, "*many bucket"], level: float) -> Float[Tensor, "*many"]:
        """The number below which this share of the probability lies.

        Raises: UsageError where the level is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise UsageError(f"quantile: expected a level between 0 and 1, given {level:g}")
        shares = torch.softmax(logits.double(), dim=-1)
        sums = shares.cumsum(dim=-1)
        wanted = torch.full_like(sums[..., :1], level)
        bucket = torch.searchsorted(sums, wanted).clamp(max=len(self.widths) - 1)
        left = (sums.gather(-1, bucket) - wanted) / shares.gather(-1, bucket)  # of the bucket, above the quantile
        bucket, within = bucket[..., 0], (1 - left[..., 0]).clamp(0, 1)
        found = self.borders[bucket] + within * self.widths[bucket]
        low, high = (math.sqrt(2) * torch.erfinv(part) for part in (1 - within, within))
        found = torch.where(bucket == 0, self.ends[0] - self.tails[0] * low, found)
        return torch.where(bucket == len(self.widths) - 1, self.ends[1] + self.tails[1] * high, found)

    def masses(self, mean: Float[Tensor, "*many"], deviation: Float[Tensor, "*many"]) -> Float[Tensor, "*many bucket"]:
        """The probability of each bucket under normal densities: their logarithms are the best logits for these."""
        inner = (self.borders[1:-1] - mean.double()[..., None]) / deviation.double()[..., None]
        # From the nearer side, so that small masses far out are not lost to rounding.
        below, above = ndtr(inner), ndtr(-inner)
        between = torch.where(inner[..., :-1] > 0, -above.diff(dim=-1), below.diff(dim=-1))
        return torch.cat((below[..., :1], between, above[..., -1:]), dim=-1)

    def squares_beyond(
        self, mean: Float[Tensor, "*many"], deviation: Float[Tensor, "*many"]
    ) -> Float[Tensor, "*many tail"]:
        """The expected squared distance to where each tail begins, 0 outside of it, under normal densities."""
        mean, deviation = mean.double(), deviation.double()
        found = []
        for end, side in zip(self.ends, (1, -1), strict=True):
            reach = side * (end - mean) / deviation
            squares = (1 + reach.square()) * ndtr(reach) + reach * (-reach.square() / 2).exp() / ROOT_TWO_PI
            found.append(deviation.square() * squares)
        return torch.stack(found, dim=-1)

    def cross_entropy(
        self,
        logits: Float[Tensor, "*many bucket"],
        masses: Float[Tensor, "*many bucket"],
        squares_beyond: Float[Tensor, "*many tail"],
    ) -> Float[Tensor, "*many"]:
        """The expected negative logarithm of the density, under whatever density has these expectations; exact."""
        within = self.widths.log()
        within[[0, -1]] = torch.tensor([math.log(tail * ROOT_TWO_PI / 2) for tail in self.tails]).to(within)
        given = within - torch.log_softmax(logits.double(), dim=-1)
        return (masses * given).sum(dim=-1) + squares_beyond @ torch.tensor(self.tails).to(within).pow(-2) / 2
