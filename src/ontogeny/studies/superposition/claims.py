"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge."""

from ontogeny.claims import Above, Below, Publication, Within

SOURCE = "Elhage et al. (2022), arXiv 2209.10652"
TRAINED = ("laptop", "overnight", "paper")
_claim = Publication(SOURCE, TRAINED)

CLAIMS = (
    _claim(
        "superposition",
        "With sparse features (present in at most 3 % of inputs) a relu model of two dimensions holds more than one "
        "feature beyond its dimensions.",
        "extra_features",
        Above(threshold=1.0, partly=0.0, contradicted=0.0),
        "five features in two dimensions, as a pentagon",
    ),
    _claim(
        "dense_count",
        "With dense features it holds as many features as it has dimensions.",
        "dense_features",
        Within(centre=0.0, margin=0.5, contradicted=1.0),
        "the two most important features, orthogonal",
    ),
    _claim(
        "dense_orthogonal",
        "Dense features that are held hardly interfere: less than a twentieth of one in another's direction.",
        "dense_interference",
        Below(threshold=0.05, partly=0.2, contradicted=0.5),
        "the two most important features, orthogonal",
    ),
    _claim(
        "linear_never",
        "Without the relu no density makes a model hold more features than dimensions.",
        "linear_extra",
        Below(threshold=0.5, contradicted=0.5),
        "linear models never do",
    ),
    _claim(
        "phase_diagram",
        "With two features and one dimension, training does what the exact loss says is best (drop one of the two, or "
        "keep both in opposite directions) in nine of ten of those clear cases of density and importance in which the "
        "commonest strategy would be wrong.",
        "phases_beyond_commonest",
        Above(threshold=0.9, partly=0.75, contradicted=0.5),
        "a first-order phase change where the theory has it",
    ),
    _claim(
        "polytopes",
        "With equal importance the dimensions a feature has pile up at three or more of the fractions of regular "
        "arrangements: 1, 3/4, 2/3, 1/2, 2/5, 3/8.",
        "plateaus",
        Above(threshold=2.5, partly=1.5, contradicted=0.5),
        "1, 3/4, 2/3, 1/2, 2/5, 3/8",
    ),
    _claim(
        "adversarial",
        "The more features a dimension holds, the more a small adversarial change of the input costs: correlation over "
        "densities.",
        "vulnerability",
        Above(threshold=0.8, partly=0.5, contradicted=0.0),
        "vulnerability follows features per dimension (figure)",
    ),
    _claim(
        "polysemantic",
        "Hidden neurons that compute absolute values serve more features each when features are sparse: at least half "
        "a feature more than when they are dense.",
        "polysemantic_gain",
        Above(threshold=0.5, partly=0.1, contradicted=0.0),
        "neurons become polysemantic",
    ),
    _claim(
        "computation",
        "With sparse features more absolute values are computed than there are pairs of neurons to compute them.",
        "computed_beyond",
        Above(threshold=0.0, contradicted=0.0),
        "computation in superposition",
    ),
    _claim(
        "one_sided",
        "With sparse features more sides of absolute values (of positive or of negative inputs alone) are computed "
        "than there are neurons to compute them.",
        "sides_beyond",
        Above(threshold=0.0, contradicted=0.0),
        beyond=True,
    ),
)
