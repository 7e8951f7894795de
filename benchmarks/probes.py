"""A sweep of probes against scikit-learn's logistic regression at its best setting.

Activations are 256 wide and of very unequal variance, as those of models are; each task's labels follow a random linear
rule with noise. Both choose among the same penalties by the loss on the validation samples. Of theirs one task is timed
in each round and ours is divided by the number of tasks: a probe against a probe.
"""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from frame import Peer, Rows, UnequalError, compare, main, seconds

from ontogeny.instruments.decoding import decode
from ontogeny.instruments.probes import Logistic, Splits, split_by_sequence

SAMPLES, WIDTH, OFFSETS, LABELS, SEMANTICS, CLASSES = 100_000, 256, 5, 6, 3, 4
COMPARED, POINTS = 3, 0.005
"""Tasks whose accuracies are compared, and by how much they may differ."""


def rows(quick: bool) -> Rows:
    samples, width = (600, 8) if quick else (SAMPLES, WIDTH)
    tasks = 4 if quick else OFFSETS * LABELS * SEMANTICS
    hidden, labels = planted(samples, width, tasks)
    splits = split_by_sequence(np.arange(samples) // 10, seed=0)
    ours = lambda: seconds(partial(decode, "linear", hidden, labels, splits, seed=0)) / tasks  # noqa: E731
    theirs = Peer("scikit-learn", partial(_peer, hidden, labels, splits), 20.0, "accuracies within 0.5 points")
    what = f"probe sweep, {samples:,} x {width} features, {tasks} tasks: one probe"
    yield from compare(what, ours, [theirs], "ms", rounds=1 if quick else 5)


def planted(samples: int, width: int, tasks: int) -> tuple[np.ndarray, np.ndarray]:
    """Hidden states [sample, width] and labels [task, sample]."""
    random = np.random.default_rng(0)
    mixing = random.normal(size=(width, width)) * np.geomspace(1, 1e-2, width)[:, None]
    hidden = random.normal(size=(samples, width)) @ mixing
    rules = random.normal(size=(tasks, width, CLASSES))
    scores = (hidden / hidden.std(axis=0)) @ rules  # [task, sample, class]
    noise = random.gumbel(size=scores.shape) * scores.std() / 2
    return hidden.astype(np.float32), (scores + noise).argmax(axis=2)


def _peer(hidden: np.ndarray, labels: np.ndarray, splits: Splits) -> Callable[[], float]:
    ways = itertools.product(("standardised", "whitened"), ("lbfgs", "newton-cholesky"))
    best = min(ways, key=lambda way: seconds(partial(fit, hidden, labels[0], splits, *way)))
    outcome = decode("linear", hidden, labels[:COMPARED], splits, seed=0)
    for task in range(COMPARED):
        ours = (outcome.predictions[task] == labels[task])[splits.test].mean()
        theirs = fit(hidden, labels[task], splits, *best)
        if abs(ours - theirs) > max(POINTS, 3 / splits.test.sum()):  # of few samples three may differ
            raise UnequalError(f"accuracies {ours:.4f} and {theirs:.4f}")
    turn = itertools.cycle(range(len(labels)))
    return lambda: seconds(partial(fit, hidden, labels[next(turn)], splits, *best))


def fit(hidden: np.ndarray, labels: np.ndarray, splits: Splits, features: str, solver: str) -> float:
    """scikit-learn's test accuracy at the penalty that the validation samples prefer, each fit starting at the last."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scale: Any = StandardScaler() if features == "standardised" else PCA(whiten=True)
    train, validation, test = (getattr(splits, part) for part in ("train", "validation", "test"))
    x = scale.fit(hidden[train])
    shown = {part: x.transform(hidden[rows]) for part, rows in (("train", train), ("val", validation), ("test", test))}
    found = []
    model = LogisticRegression(solver=solver, tol=1e-4, max_iter=1000, warm_start=True)
    for penalty in Logistic().penalties:
        model.set_params(C=1 / (penalty * int(train.sum())))
        model.fit(shown["train"], labels[train])
        likelihood = model.predict_log_proba(shown["val"])[np.arange(validation.sum()), labels[validation]]
        found.append((-likelihood.mean(), model.score(shown["test"], labels[test])))
    return min(found)[1]


if __name__ == "__main__":
    main(__doc__, rows)
