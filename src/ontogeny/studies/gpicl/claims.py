"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge."""

from ontogeny.claims import Above, Publication

SOURCE = "Kirsch et al. (2022), arXiv 2212.04458"
_claim = Publication(SOURCE, ("laptop", "overnight", "paper"))

CLAIMS = (
    _claim(
        "memorises",
        "Trained on one task a transformer memorises it: before any example its level (accuracy above chance, over "
        "what chance leaves open) is above 0.5.",
        "memorised",
        Above(threshold=0.5, partly=0.2, contradicted=0.05),
        "few tasks are memorised (figure)",
    ),
    _claim(
        "identifies",
        "There is a number of tasks with which it comes to identify them: from the first to the last example its level "
        "on seen tasks rises by 0.3 more than on unseen ones.",
        "identified",
        Above(threshold=0.3, partly=0.15, contradicted=0.05),
        "a middle phase in which only seen tasks are learned (figure)",
    ),
    _claim(
        "learns",
        "Trained on the most tasks it learns unseen ones: from the first to the last example its level rises by more "
        "than 0.3.",
        "general",
        Above(threshold=0.3, partly=0.15, contradicted=0.05),
        "accuracy 0.737 after 100 examples of MNIST",
    ),
    _claim(
        "other_data",
        "It then learns data of other kinds, too: after the last example its level on four data sets never trained on "
        "is above 0.3.",
        "elsewhere",
        Above(threshold=0.3, partly=0.15, contradicted=0.05),
        "accuracy 0.622 on FashionMNIST, 0.534 on KMNIST, 0.194 on CIFAR10",
    ),
    _claim(
        "transition",
        "Learning takes many tasks: only with more than 64 are unseen tasks learned half as well as seen ones (in "
        "powers of two: above 6).",
        "transition",
        Above(threshold=6.0, partly=3.0, contradicted=1.0),
        "about 2^14 tasks (figure)",
    ),
    _claim(
        "size",
        "Learning unseen tasks takes size: with the most tasks the larger transformer's level on them is higher by 0.2 "
        "than the smaller one's.",
        "larger",
        Above(threshold=0.2, partly=0.1, contradicted=0.0),
        "small models only memorise (figure)",
    ),
    _claim(
        "memory",
        "At equal numbers of parameters the transformer, whose state is larger, learns unseen tasks better than a "
        "recurrent net (LSTM): its level is higher by 0.2.",
        "over_twin",
        Above(threshold=0.2, partly=0.1, contradicted=0.0),
        "accuracy 0.737 against 0.254 of an LSTM with outer products",
    ),
    _claim(
        "state_not_size",
        "Across transformers and recurrent nets, levels on unseen tasks follow the size of the state more than the "
        "number of parameters: the rank correlation is higher by 0.2.",
        "state_over_size",
        Above(threshold=0.2, partly=0.0, contradicted=0.0),
        "performance follows the state, not the parameters (figure)",
    ),
    _claim(
        "batch_size",
        "A larger batch shortens the plateau before learning: until its level on unseen tasks is 0.2 the transformer "
        "needs fewer steps with it, by more than half an octave.",
        "batch_octaves",
        Above(threshold=0.5, partly=0.0, contradicted=0.0),
        "larger batches help (figure)",
    ),
    _claim(
        "biased_training",
        "Training in which labels are often not permuted leads past the plateau: until its level on unseen tasks is "
        "0.2 the transformer needs fewer steps by more than half an octave.",
        "unpermuted_octaves",
        Above(threshold=0.5, partly=0.0, contradicted=0.0),
        "plateaus become shorter (figure)",
    ),
    _claim.not_run(
        "meta_optimisation",
        "Whether models memorise, generalise or fail depends on the optimisation, too.",
        "one optimiser is used throughout",
        "(abstract)",
    ),
)
