"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge."""

from ontogeny.claims import Above, Below, Publication, Within

SOURCE = "von Oswald et al. (ICML 2023), arXiv 2212.07677"
TRAINED = ("laptop", "overnight", "paper")
_claim = Publication(SOURCE, TRAINED)
_counter = Publication("arXiv 2512.04268", TRAINED)

CLAIMS = (
    _claim(
        "construction",
        "There are weights with which a layer of linear self-attention makes exactly one step of gradient descent on "
        "the examples it is shown: largest difference of predictions.",
        "construction_error",
        Below(threshold=1e-5, partly=1e-3, contradicted=1e-2),
        "exact (proposition)",
    ),
    _claim(
        "trained_loss",
        "A trained layer's loss (half the squared error) is that of the best single gradient step, 0.2062, within 2 %.",
        "trained_loss",
        Within(centre=0.2062, margin=0.0041, partly=0.0103, contradicted=0.1),
        "equal to gradient descent (figure)",
    ),
    _claim(
        "loss_ratio",
        "On the same episodes, the trained layer's loss over that of the best single step is 1, within 2 %.",
        "loss_ratio",
        Within(centre=1.0, margin=0.02, partly=0.05, contradicted=0.25),
        "equal to gradient descent (figure)",
    ),
    _claim(
        "sensitivity",
        "Trained layer and gradient step respond to a change of the asked input in the same direction: mean cosine of "
        "the two gradients above 0.99.",
        "sensitivity_cosine",
        Above(threshold=0.99, partly=0.95, contradicted=0.8),
        "cosine 1 (figure)",
    ),
    _claim(
        "same_predictions",
        "Their predictions differ by less than 2 % of the mean squared prediction.",
        "prediction_difference",
        Below(threshold=0.02, partly=0.05, contradicted=0.5),
        "difference near 0 (figure)",
    ),
    _claim(
        "interpolation",
        "Weights on the straight way from trained to constructed ones do no worse than the worse end, within 2 %.",
        "interpolation_bump",
        Below(threshold=0.02, partly=0.1, contradicted=0.5),
        "interpolated weights perform alike (figure)",
    ),
    _claim(
        "nearest_is_one_step",
        "Of gradient descent of 1 to 5 steps, ridge regression, least squares and nearest neighbours, one step "
        "predicts most like the trained layer: its difference is less than a fifth of the next one's.",
        "nearest_share",
        Below(threshold=0.2, partly=1.0, contradicted=1.0),
        beyond=True,
    ),
    _claim(
        "out_of_distribution",
        "On inputs and functions unlike those of training, too, the losses of trained layer and gradient step stay "
        "within a tenth of one another: largest difference in natural logarithms.",
        "shift_gap",
        Below(threshold=0.1, partly=0.3, contradicted=1.0),
        "similar out of distribution (figure)",
    ),
    _claim(
        "deeper_beats_descent",
        "Two layers do better than the best two steps of gradient descent: their loss is smaller by more than 5 %.",
        "deep_gain",
        Above(threshold=0.05, partly=0.0, contradicted=0.0),
        "outperforms gradient descent (figure)",
    ),
    _claim(
        "deeper_is_corrected_descent",
        "Two layers do as well as two steps of curvature-corrected gradient descent (GD++), within 5 %.",
        "deep_corrected_ratio",
        Within(centre=1.0, margin=0.05, partly=0.15, contradicted=0.5),
        "equal to GD++ (figure)",
    ),
    _claim(
        "looped_beats_descent",
        "One layer passed through twice does better than the best two equal steps of gradient descent, by more than "
        "5 %.",
        "looped_gain",
        Above(threshold=0.05, partly=0.0, contradicted=0.0),
        "outperforms gradient descent (figure)",
    ),
    _claim(
        "looped_is_corrected_descent",
        "One layer passed through twice does as well as two equal steps of GD++, within 5 %.",
        "looped_corrected_ratio",
        Within(centre=1.0, margin=0.05, partly=0.15, contradicted=0.5),
        "equal to GD++ (figure)",
    ),
    _claim(
        "softmax_falls_short",
        "One head of softmax attention does worse than one gradient step: its loss is larger by more than 5 %.",
        "softmax_ratio",
        Above(threshold=1.05, partly=1.0, contradicted=1.0),
        beyond=True,
    ),
    _counter(
        "prior_mean",
        "Where functions do not scatter around 0, a layer does worse than the step that starts from their mean: its "
        "loss is larger by more than 10 %.",
        "prior_mean_ratio",
        Above(threshold=1.1, partly=1.02, contradicted=1.02),
        "a gap between linear attention and one-step gradient descent",
    ),
    _claim(
        "deep_features",
        "Behind an MLP, on sinusoids, a layer makes a gradient step on the features that it sees in the MLP's outputs: "
        "its predictions differ from the best one's by less than 5 % of their mean square.",
        "features_difference",
        Below(threshold=0.05, partly=0.2, contradicted=0.5),
        "sinusoids fitted as by gradient descent on an MLP's features (figure)",
    ),
    _claim(
        "deep_features_fit",
        "So it fits functions that are not linear: its loss is less than a third of that of the best step on the "
        "inputs themselves.",
        "features_loss",
        Below(threshold=1 / 3, partly=2 / 3, contradicted=1.0),
        "sinusoids are fitted (figure)",
    ),
    _claim(
        "sine_and_cosine",
        "The features it sees are those that sinusoids are linear in: its two main ones account for more than 95 % of "
        "the variance of the input's sine and cosine.",
        "sine_told",
        Above(threshold=0.95, partly=0.8, contradicted=0.5),
        beyond=True,
    ),
    _claim(
        "copying_layer",
        "Shown inputs and values in turns, two layers of which the first learns to copy neighbouring positions "
        "together: its best head pays the input before a value more than half of its attention there.",
        "copying",
        Above(threshold=0.5, partly=0.3, contradicted=0.2),
        "first layer attends to the position before (figure)",
    ),
    _claim(
        "copying_descends",
        "With that, two layers do as well as the gradient step on whole examples: their loss is at most a tenth "
        "larger.",
        "in_turns_ratio",
        Below(threshold=1.1, partly=1.5, contradicted=1.9),
        "the loss of gradient descent is reached (figure)",
    ),
)
