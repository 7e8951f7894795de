"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge."""

from ontogeny.claims import Above, Below, Publication, Within

SOURCE = "Akyurek et al. (ICLR 2023), arXiv 2211.15661"
TRAINED = ("laptop", "overnight", "paper")
_claim = Publication(SOURCE, TRAINED)
_diversity = Publication("Raventos et al. (NeurIPS 2023), arXiv 2306.15063", TRAINED)

CLAIMS = (
    _claim(
        "descent_by_construction",
        "There are weights with which a transformer makes exactly three steps of gradient descent on the examples "
        "shown: largest difference of predictions.",
        "descent_program_error",
        Below(threshold=1e-6, partly=1e-4, contradicted=1e-2),
        "exact, one example a step (theorem 1)",
    ),
    _claim(
        "ridge_by_construction",
        "There are weights with which a transformer regresses with a ridge penalty in closed form, an example after "
        "the other by the formula of Sherman and Morrison: largest difference of predictions.",
        "ridge_program_error",
        Below(threshold=1e-6, partly=1e-4, contradicted=1e-2),
        "exact, one update (theorem 2)",
    ),
    _claim(
        "bayes_optimal",
        "The deepest models predict as the Bayes-optimal ridge regression does, at every noise: the difference is "
        "below 5 % of the mean squared prediction.",
        "bayes_difference",
        Below(threshold=0.05, partly=0.15, contradicted=0.5),
        "converging to Bayesian estimators (figure)",
    ),
    _claim(
        "shallow_is_descent",
        "Without noise, one layer predicts more like one step of gradient descent than like least squares.",
        "shallow_share",
        Below(threshold=1.0, partly=1.25, contradicted=2.0),
        "one layer is near gradient descent (figure)",
    ),
    _claim(
        "deep_is_least_squares",
        "Without noise, the deepest model predicts like least squares: its difference is less than a fifth of that "
        "from one step of gradient descent.",
        "deep_share",
        Below(threshold=0.2, partly=1.0, contradicted=1.0),
        "deep models are near least squares (figure)",
    ),
    _claim(
        "penalty_slope",
        "The penalty of the ridge regression that predicts most like the deepest model rises with the noise's "
        "variance as the optimal one does: slope 1, within 0.2.",
        "penalty_slope",
        Within(centre=1.0, margin=0.2, partly=0.4, contradicted=0.75),
        "the nearest penalty is the optimal one (figure)",
    ),
    _claim(
        "penalty_octaves",
        "At every noise that penalty is the optimal one within a factor of 2: largest difference in octaves.",
        "penalty_octaves",
        Below(threshold=1.0, partly=2.0, contradicted=3.0),
        "the nearest penalty is the optimal one (figure)",
    ),
    _claim(
        "noise_regularises",
        "Trained under noise 1, the deepest model regularises: its difference from the optimal ridge regression is "
        "less than a fifth of that from one with a penalty of 1/128.",
        "regularised_share",
        Below(threshold=0.2, partly=1.0, contradicted=1.0),
        "from least squares to ridge as noise grows (figure)",
    ),
    _claim(
        "weights_inside",
        "The weights of least squares can be read off the deepest model, by more than 0.2 of their variance beyond "
        "the control task: a model trained on one fixed function.",
        "weights_selectivity",
        Above(threshold=0.2, partly=0.05, contradicted=0.0),
        "decoded better than in the control task (figure)",
    ),
    _claim(
        "moment_inside",
        "So can the moment X^T y, by more than 0.2 of its variance beyond the control task.",
        "moment_selectivity",
        Above(threshold=0.2, partly=0.05, contradicted=0.0),
        "decoded better than in the control task (figure)",
    ),
    _claim(
        "weights_are_bent",
        "The weights are encoded non-linearly: a probe with hidden neurons reads more than 0.05 of their variance "
        "beyond a linear probe.",
        "weights_bent",
        Above(threshold=0.05, partly=0.01, contradicted=0.0),
        "a network of two layers reads more than a linear probe (figure)",
    ),
    _diversity(
        "few_tasks",
        "Trained on few tasks, a model knows them: on new functions it predicts more like the best answer for the pool "
        "than like ridge regression.",
        "few_tasks",
        Above(threshold=0.5, partly=0.4, contradicted=0.25),
        "the discrete Bayes solution below the threshold (figure)",
    ),
    _diversity(
        "many_tasks",
        "Trained on many tasks, though finitely many, a model learns to learn: on new functions it predicts more like "
        "ridge regression than like the best answer for the pool (not judged where these two are nearer to one another "
        "than the model is to either).",
        "many_tasks",
        Below(threshold=0.5, partly=0.6, contradicted=0.75),
        "ridge regression above 2^14 to 2^15 tasks, with 8 dimensions (figure)",
    ),
    _claim.not_run(
        "width",
        "Wider models, too, come nearer to the Bayes-optimal predictor.",
        "the width is a setting; its grid is left for more time",
        "converging with width (figure)",
    ),
    _claim.not_run(
        "prior_variance",
        "The nearest penalty falls with the variance of the weights, too, as noise over prior variance.",
        "the scale of weights is a setting of the world; its axis is left for more time",
        "the nearest penalty is the optimal one (figure)",
    ),
)
