"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge."""

from ontogeny.claims import Above, Below, Publication

SOURCE = "Barak et al. (NeurIPS 2022), arXiv 2207.08799"
TRAINED = ("laptop", "overnight", "paper")
_ABRUPT = Above(threshold=0.5, partly=0.35, contradicted=0.25)
_claim = Publication(SOURCE, TRAINED)

CLAIMS = (
    _claim(
        "abrupt_mlp",
        "A perceptron with one hidden layer learns abruptly: more than half of the time until 95 % are right, fewer "
        "than 60 % are.",
        "plateau_mlp",
        _ABRUPT,
        "phase transition in the loss (figure)",
    ),
    _claim("abrupt_neuron", "So does a single sine neuron.", "plateau_neuron", _ABRUPT, "so do single neurons"),
    _claim(
        "abrupt_transformer",
        "So does a small transformer that reads the bits as tokens.",
        "plateau_transformer",
        _ABRUPT,
        "so do transformers",
    ),
    _claim(
        "time_grows",
        "Time grows as a power of the number of bits that is larger for parities of three than of two.",
        "exponent_gain",
        Above(threshold=0.3, partly=0.0, contradicted=0.0),
        "time about n^O(k)",
    ),
    _claim(
        "near_the_limit",
        "The power stays below that of trying all sets of three bits (1 would be n^3).",
        "exponent_share",
        Below(threshold=0.9, partly=1.0, contradicted=1.1),
        "near the statistical-query limit, n^O(k)",
    ),
    _claim(
        "not_random_search",
        "Times are far less spread than those of a search without memory: standard deviation over mean below a half (1 "
        "for the search).",
        "time_spread",
        Below(threshold=0.5, partly=0.8, contradicted=1.0),
        "not a random search",
    ),
    _claim(
        "gap_at_start",
        "Already in the untrained network the gradient is larger on the hidden bits than on others, by a fifth on "
        "average.",
        "start_excess",
        Above(threshold=0.2, partly=0.0, contradicted=0.0),
        "a Fourier gap in the population gradient",
    ),
    _claim(
        "hidden_progress",
        "The Fourier gap of what training has done to the weights rises before accuracy, by more than a twentieth of "
        "the time until accuracy rises.",
        "lead",
        Above(threshold=0.05, partly=0.0, contradicted=0.0),
        "progress measures rise before the loss falls",
    ),
    _claim.not_run(
        "finite_data",
        "With a finite training set, learning is delayed further, as in grokking.",
        "streams here are endless",
        "grokking on finite samples",
    ),
)
