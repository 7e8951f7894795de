"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge."""

from ontogeny.claims import Above, Below, Publication

SOURCE = "Garg et al. (NeurIPS 2022), arXiv 2208.01066"
TRAINED = ("laptop", "overnight", "paper")
_claim = Publication(SOURCE, TRAINED)
_counter = Publication("arXiv 2411.11465", TRAINED)

CLAIMS = (
    _claim(
        "least_squares",
        "Shown twice as many examples of a linear function as it has weights, a transformer errs as least squares do: "
        "the difference of normalised errors is below 0.05.",
        "excess",
        Below(threshold=0.05, partly=0.15, contradicted=0.5),
        "error 0.02 with d, 0.0006 with 2 d examples (figure)",
    ),
    _claim(
        "few_examples",
        "With fewer examples than weights, too, its error is that of least squares, (d - k) / d: the largest "
        "difference is below 0.1.",
        "early_gap",
        Below(threshold=0.1, partly=0.2, contradicted=0.5),
        "closely matches least squares (figure)",
    ),
    _claim(
        "nearest_is_least_squares",
        "Its predictions are those of least squares, not of averaging or nearest neighbours: their difference is less "
        "than a fifth of the next one's.",
        "nearest_share",
        Below(threshold=0.2, partly=1.0, contradicted=1.0),
        "averaging and neighbours are far off (figure)",
    ),
    _claim(
        "prompt_shifts",
        "Prompts from another distribution than in training (skewed covariance, half the dimensions, noisy values) "
        "cost at most 0.1 over least squares, in normalised error with 2 d examples.",
        "prompt_excess",
        Below(threshold=0.1, partly=0.25, contradicted=1.0),
        "accurate under distribution shifts (figure)",
    ),
    _claim(
        "query_shifts",
        "Queries unlike the examples before them (in the opposite orthant, orthogonal to them, one of them) cost at "
        "most 0.1 over least squares, in normalised error.",
        "query_excess",
        Below(threshold=0.1, partly=0.25, contradicted=1.0),
        "accurate under distribution shifts (figure)",
    ),
    _claim(
        "scaled_prompts",
        "Inputs or weights half or twice as large as in training cost at most 0.1 over least squares, in normalised "
        "error with 2 d examples.",
        "scale_excess",
        Below(threshold=0.1, partly=0.25, contradicted=1.0),
        "accurate for moderate scales, worse at 3 (figure)",
    ),
    _claim(
        "sparsity",
        "Trained on sparse linear functions, a transformer makes use of sparsity: over 1 to d examples its error is "
        "less than 0.8 of that of least squares.",
        "sparse_over_squares",
        Below(threshold=0.8, partly=1.0, contradicted=1.0),
        "matches the Lasso (figure)",
    ),
    _claim(
        "lasso",
        "On sparse linear functions its error over 1 to d examples is at most 1.1 times that of the Lasso with the "
        "best penalty.",
        "sparse_over_lasso",
        Below(threshold=1.1, partly=1.25, contradicted=2.0),
        "matches the Lasso (figure)",
    ),
    _claim(
        "networks",
        "On networks of two layers its error, from 2 d examples on, is at most 1.1 times that of networks trained on "
        "the examples.",
        "networks_ratio",
        Below(threshold=1.1, partly=1.25, contradicted=2.0),
        "comparable to a trained network (figure)",
    ),
    _claim(
        "trees",
        "On decision trees its error, from 2 d examples on, is smaller than that of trees grown greedily.",
        "trees_ratio",
        Below(threshold=1.0, partly=1.1, contradicted=1.25),
        "outperforms greedy trees (figure)",
    ),
    _counter(
        "boundary_values",
        "There are values that predictions cannot pass: where inputs are 16 times as large as in training, predictions "
        "are less than half as large as the values.",
        "far_size",
        Below(threshold=0.5, partly=0.8, contradicted=0.95),
        "predictions are bounded (figure)",
    ),
    _claim(
        "boosting",
        "On decision trees its error, from 2 d examples on, is smaller than that of boosted trees.",
        "boosted_ratio",
        Below(threshold=1.0, partly=1.1, contradicted=1.25),
        "outperforms XGBoost (figure)",
    ),
    _claim(
        "curriculum",
        "Growing dimensions and examples during training makes it faster: after as many steps the error on linear "
        "functions is less than 0.9 of that without.",
        "curriculum_ratio",
        Below(threshold=0.9, partly=1.0, contradicted=1.1),
        "considerably speeds up training (figure)",
    ),
    _claim(
        "recurrent",
        "A recurrent net (LSTM) of as many parameters, trained alike, comes less close to least squares: with 2 d "
        "examples its normalised error is more than 0.05 above the transformer's.",
        "recurrent_excess",
        Above(threshold=0.05, partly=0.0, contradicted=0.0),
        beyond=True,
    ),
)
