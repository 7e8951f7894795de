"""The usual learners of small tables, tuned on the rows that are given (extra `tables`)."""

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from ontogeny.lazy import optional

Learner = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From inputs [batch, example, feature], labels [batch, example] and the inputs asked for to the logarithms of the
labels' probabilities [batch, asked, label]."""
FOLDS = 5
LEAST = 1e-3
"""The least probability that any learner gives a label, so that all have a finite likelihood."""

LOGISTIC, NEAREST, PROCESS, FOREST, PLAIN = (
    "logistic regression",
    "nearest neighbours",
    "Gaussian process",
    "random forest",
    "one neighbour",
)
TUNED = (LOGISTIC, NEAREST, PROCESS, FOREST)


def learners(labels: int, seed: int, tuned_for: Literal["accuracy", "likelihood"] = "accuracy") -> dict[str, Learner]:
    """By name, each called as a model is: the tuned ones and the nearest neighbour alone, on standardised columns.

    Settings are those that do best in cross validation over the rows that are given, by the share of right answers or
    by the likelihood, as they are to be judged; the process's kernel is chosen by its likelihood either way.
    """
    neighbours = optional("sklearn.neighbors", "tables").KNeighborsClassifier
    logistic = optional("sklearn.linear_model", "tables").LogisticRegression
    forest = optional("sklearn.ensemble", "tables").RandomForestClassifier
    kernels, process = (optional(f"sklearn.gaussian_process{part}", "tables") for part in (".kernels", ""))
    kernel = kernels.ConstantKernel(1.0, (1e-2, 1e4)) * kernels.RBF(2.0, (1e-1, 1e3))
    grids: Mapping[str, tuple[Any, dict[str, list]]] = {
        LOGISTIC: (logistic(max_iter=2000), {"C": [0.01, 0.1, 1, 10, 100]}),
        NEAREST: (neighbours(), {"n_neighbors": [1, 3, 5, 9, 15], "weights": ["uniform", "distance"]}),
        PROCESS: (process.GaussianProcessClassifier(kernel, random_state=seed), {}),
        FOREST: (forest(50, random_state=seed), {"min_samples_leaf": [1, 3]}),
        PLAIN: (neighbours(1), {}),
    }
    scoring = partial(_likelihood, labels=labels) if tuned_for == "likelihood" else "accuracy"
    return {name: _batched(_tuned(*grid, scoring, seed), labels) for name, grid in grids.items()}


def _tuned(learner: Any, grid: dict[str, list], scoring: Any, seed: int) -> Any:
    """The learner on standardised columns, with the setting of the grid that cross validation prefers."""
    pipeline = optional("sklearn.pipeline", "tables").Pipeline
    scaler = optional("sklearn.preprocessing", "tables").StandardScaler
    selection = optional("sklearn.model_selection", "tables")
    whole = pipeline([("scale", scaler()), ("learn", learner)])
    if not grid:
        return whole
    folds = selection.StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    settings = {f"learn__{name}": values for name, values in grid.items()}
    return selection.GridSearchCV(whole, settings, cv=folds, scoring=scoring)


def _likelihood(learner: Any, inputs: np.ndarray, wanted: np.ndarray, labels: int) -> float:
    """The mean log likelihood, as the learner is judged by it: also where a fold lacks a class of the others'."""
    return float(np.log(_probabilities(learner, inputs, labels))[np.arange(len(wanted)), wanted].mean())


def _probabilities(learner: Any, asked: np.ndarray, labels: int) -> np.ndarray:
    """Of all labels [asked, label], those that the learner was not given among them."""
    found = np.full((len(asked), labels), LEAST)
    found[:, learner.classes_] = learner.predict_proba(asked).clip(min=LEAST)
    return found / found.sum(axis=-1, keepdims=True)


def _batched(learner: Any, labels: int) -> Learner:
    """One table after another."""

    def answers(inputs: Tensor, given: Tensor, asked: Tensor) -> Tensor:
        found = np.empty((*asked.shape[:2], labels))
        for table, (x, y, at) in enumerate(zip(inputs.numpy(), given.numpy(), asked.numpy(), strict=True)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # few rows of a class, and kernels at the ends of their bounds
                learner.fit(x, y)
                found[table] = _probabilities(learner, at, labels)
        return torch.from_numpy(found).log()

    return answers
