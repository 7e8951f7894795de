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
    _claim.not_run(
        "networks_prior",
        "Trained on a prior of Bayesian neural networks, the model is as good as Monte Carlo or variational inference, "
        "thousands of times faster.",
        "the density, the training and the meters are there, the prior is not",
        "over 200 times",
    ),
    _claim.not_run(
        "small_tables",
        "On small tables for classification the model does as well as tuned learners (logistic regression, nearest "
        "neighbours, Gaussian processes, boosted trees).",
        "a prior over tables for classification is missing",
        "strong results on small tables (table)",
    ),
)
