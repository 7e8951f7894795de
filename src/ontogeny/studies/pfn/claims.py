"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge."""

from ontogeny.claims import Above, Below, Publication

SOURCE = "Müller et al. (ICLR 2022), arXiv 2112.10510"
_claim = Publication(SOURCE, ("laptop", "overnight", "paper"))

CLAIMS = (
    _claim(
        "mimics_process",
        "From 5 examples on, the model's densities are those of the exact Gaussian process: whatever the number of "
        "examples, the mean Kullback-Leibler divergence is below 0.05 nats a point.",
        "exact_divergence",
        Below(threshold=0.05, partly=0.1, contradicted=0.5),
        "nearly perfect (figure)",
    ),
    _claim(
        "same_means",
        "The model's means differ from the exact ones by less than 1 % of their mean square, from 5 examples on.",
        "mean_difference",
        Below(threshold=0.01, partly=0.05, contradicted=0.5),
        "nearly perfect (figure)",
    ),
    _claim(
        "calibrated",
        "Central intervals of the model's densities hold the share of outputs that they promise: mean difference below "
        "0.02 over intervals of 5 % to 95 %.",
        "calibration_error",
        Below(threshold=0.02, partly=0.05, contradicted=0.2),
        beyond=True,
    ),
    _claim(
        "mimics_hyperprior",
        "Where the kernel's length and the noise are unknown too, the model's densities are those of exact inference "
        "over both: from 5 examples on, the mean divergence is below 0.05 nats a point.",
        "hyperprior_divergence",
        Below(threshold=0.05, partly=0.1, contradicted=0.5),
        "close to the exact posterior predictive (figure)",
    ),
    _claim(
        "infers_kernel",
        "The model infers the kernel from the examples: its divergence is less than half of that of a Gaussian process "
        "whose kernel and noise are the prior's medians.",
        "kernel_share",
        Below(threshold=0.5, partly=1.0, contradicted=1.0),
        beyond=True,
    ),
    _claim(
        "faster_than_optimising",
        "For one data set, a forward pass is more than 200 times faster than finding the most probable kernel and "
        "noise.",
        "optimising_ratio",
        Above(threshold=200.0, partly=10.0, contradicted=1.0),
        "over 200 times",
    ),
    _claim(
        "faster_than_sampling",
        "For one data set, a forward pass is more than 200 times faster than Markov chain Monte Carlo of as small a "
        "divergence.",
        "sampling_ratio",
        Above(threshold=200.0, partly=10.0, contradicted=1.0),
        "over 200 times",
    ),
    _claim(
        "grid_is_near",
        "Two unknown numbers do not take a network: a grid of them of as small a divergence takes less than 10 times a "
        "forward pass.",
        "grid_ratio",
        Below(threshold=10.0, partly=50.0, contradicted=200.0),
        beyond=True,
    ),
    _claim(
        "networks_prior",
        "Trained on a prior of Bayesian neural networks, the model is as good as Monte Carlo over their weights: "
        "whatever the number of examples from 5 on, it loses less than 0.05 nats of log likelihood a point.",
        "network_sampling_lost",
        Below(threshold=0.05, partly=0.1, contradicted=0.5),
        "strong results with Bayesian neural networks",
        arm="networks",
    ),
    _claim(
        "networks_variational",
        "It is as good as variational inference over the weights: it loses less than 0.01 nats a point.",
        "network_variational_lost",
        Below(threshold=0.01, partly=0.05, contradicted=0.5),
        "strong results with Bayesian neural networks",
        arm="networks",
    ),
    _claim(
        "networks_at_once",
        "For one data set, a forward pass is more than 1,000 times faster than Monte Carlo of as high a likelihood.",
        "network_sampling_ratio",
        Above(threshold=1000.0, partly=200.0, contradicted=1.0),
        "over 200 times",
        arm="networks",
    ),
    _claim(
        "networks_faster_than_fitting",
        "It is more than 1,000 times faster than variational inference of 1,600 steps.",
        "network_variational_ratio",
        Above(threshold=1000.0, partly=200.0, contradicted=1.0),
        "over 200 times",
        arm="networks",
    ),
    _claim(
        "small_tables",
        "On small tables for classification (iris, wine and breast cancer, 30 rows given) the model does as well as "
        "tuned learners (logistic regression, nearest neighbours, Gaussian process, random forest): its mean accuracy "
        "is at most 2 points below that of the best of them.",
        "table_accuracy_margin",
        Above(threshold=-0.02, partly=-0.05, contradicted=-0.15),
        "strong results on small tables",
        arm="tables",
    ),
    _claim(
        "table_probabilities",
        "So are its probabilities: their mean log likelihood is at most 0.05 nats below that of the best of them, "
        "tuned for likelihood.",
        "table_likelihood_margin",
        Above(threshold=-0.05, partly=-0.15, contradicted=-0.5),
        arm="tables",
        beyond=True,
    ),
    _claim(
        "tables_at_once",
        "The model answers, in two forward passes of 20 rows each, more than 100 times faster than the most accurate "
        "of these learners is tuned, fitted and asked.",
        "table_time_ratio",
        Above(threshold=100.0, partly=10.0, contradicted=1.0),
        arm="tables",
        beyond=True,
    ),
)
