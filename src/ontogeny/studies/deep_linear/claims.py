"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge."""

from ontogeny.claims import Above, Below, Publication, Within

SOURCE = "Saxe, McClelland & Ganguli (2013), arXiv 1312.6120"
TRAINED = ("laptop", "overnight", "paper")
_claim = Publication(SOURCE, TRAINED)

CLAIMS = (
    _claim(
        "mode_curves",
        "From small random weights each singular mode of the task is learned along the closed-form sigmoid, with no "
        "parameter fitted: mean R^2 over modes and networks.",
        "curve_fit",
        Above(threshold=0.98, partly=0.9, contradicted=0.5),
        "theory and simulation agree (figure, no number)",
    ),
    _claim(
        "half_times",
        "The time at which a mode is half learned goes as one over its singular value: the slope in logarithms is 1.",
        "half_time_slope",
        Within(centre=1.0, margin=0.15, partly=0.3, contradicted=0.5),
        "order 1 / singular value",
    ),
    _claim(
        "half_times_predicted",
        "The closed form, started from the initial weights, tells each half-time within 5 % on average.",
        "half_time_error",
        Below(threshold=0.05, partly=0.1, contradicted=0.3),
        beyond=True,
    ),
    _claim(
        "depth_independence",
        "From orthogonal weights, at the best learning rate, the deepest networks learn in as many steps as the "
        "shallowest, within 20 %.",
        "depth_ratio",
        Within(centre=1.0, margin=0.2, partly=0.5, contradicted=1.0),
        "nearly independent of depth",
    ),
    _claim(
        "depth_saturation",
        "From orthogonal weights the last doubling of depth costs no more than 20 %: the theory's learning time has a "
        "limit. (Registered after one seed had shown that the whole ratio is not 1.)",
        "depth_saturation",
        Within(centre=1.0, margin=0.2, partly=0.4, contradicted=0.8),
        beyond=True,
    ),
    _claim(
        "gaussian_slower",
        "From scaled Gaussian weights depth costs more: the same ratio is at least half as large again (in natural "
        "logarithms 0.4 more).",
        "gaussian_excess",
        Above(threshold=0.4, partly=0.1, contradicted=0.0),
        "learning time grows with depth",
    ),
    _claim(
        "differentiation",
        "Broad distinctions between items of a hierarchy are learned before fine ones, each level clearly after "
        "the one above (smallest gap in natural logarithms of time).",
        "differentiation",
        Above(threshold=0.2, partly=0.0, contradicted=0.0),
        "progressive differentiation",
    ),
    _claim(
        "differentiation_relu",
        "The same holds for a network with relu units.",
        "differentiation_relu",
        Above(threshold=0.2, partly=0.0, contradicted=0.0),
        beyond=True,
    ),
    _claim(
        "detector_coverage",
        "The change-point detector's 95 % intervals hold the known half-time in at least nine of ten noisy readings of "
        "mode curves.",
        "coverage",
        Above(threshold=0.9, partly=0.8, contradicted=0.7),
        beyond=True,
    ),
    _claim(
        "detector_error",
        "The detector's estimate is off by less than 2 % of the time on average.",
        "detector_error",
        Below(threshold=0.02, partly=0.05, contradicted=0.2),
        beyond=True,
    ),
)
