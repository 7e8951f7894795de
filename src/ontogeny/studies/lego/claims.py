"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge."""

from ontogeny.claims import Above, Below, Publication

_claim = Publication("Zhang et al. (2022), arXiv 2206.04301", ("laptop", "overnight", "paper"))

CLAIMS = (
    _claim(
        "follows_chains",
        "A transformer learns to follow chains: from the best start, of the values that it is told in training, but "
        "for roots', nine in ten are right on new texts.",
        "learned",
        Above(threshold=0.9, partly=0.75, contradicted=0.55),
        "transformers learn the task",
    ),
    _claim(
        "untied_falls_short",
        "With layers of their own weights, from scratch, it does not follow them much further: beyond the clauses told "
        "in training less than three in four values are right.",
        "further",
        Below(threshold=0.75, partly=0.9, contradicted=0.95),
        "generalisation to longer chains depends on pretraining or tied weights",
    ),
    _claim(
        "pretrained_recalls",
        "What pretraining is to teach is learned before the first chain: nine in ten of the values that were said "
        "before are recalled. (Without it the claims on pretraining are no test.)",
        "recalls",
        Above(threshold=0.9, partly=0.6, contradicted=0.4),
        beyond=True,
    ),
    _claim(
        "pretraining_helps",
        "Pretraining helps there: over a tenth more of the untold values are right after learning to recall first.",
        "gain_pretrained",
        Above(threshold=0.1, partly=0.02, contradicted=0.0),
        "BERT pretrained on text follows chains further than from scratch",
    ),
    _claim(
        "mimicking_helps",
        "So does the mere initialisation of heads to look at the same letter and within the clause: by over a tenth.",
        "gain_mimicked",
        Above(threshold=0.1, partly=0.02, contradicted=0.0),
        "pretraining helps mainly as an initialisation, which mimicking recovers",
    ),
    _claim(
        "mimicking_recovers",
        "That recovers more than half of what pretraining gains.",
        "recovered",
        Above(threshold=0.5, partly=0.2, contradicted=0.0),
        "pretraining helps mainly as an initialisation, which mimicking recovers",
    ),
    _claim(
        "tying_helps",
        "So does tying all layers, from scratch: over a tenth more of the untold values are right than untied.",
        "gain_tied",
        Above(threshold=0.1, partly=0.02, contradicted=0.0),
        "ALBERT, whose layers share weights, follows chains further",
    ),
    _claim(
        "convolution",
        "Convolutions over queries, keys and values make chains easier to learn: from scratch over a tenth more of the "
        "values that are told are right in the end, but for roots'.",
        "learned_convolved",
        Above(threshold=0.1, partly=0.02, contradicted=0.0),
        "convolutions within attention help",
    ),
    _claim(
        "convolution_further",
        "And they make chains be followed further: over a tenth more of the untold values are right.",
        "gain_convolved",
        Above(threshold=0.1, partly=0.02, contradicted=0.0),
        "convolutions within attention help",
    ),
    _claim(
        "association_heads",
        "From scratch a head forms that looks at the same letter elsewhere: its attention is over half of the way from "
        "chance to 1.",
        "association",
        Above(threshold=0.5, partly=0.25, contradicted=0.1),
        "association heads (attention maps)",
    ),
    _claim(
        "clause_heads",
        "And one that looks within the clause: its attention is over half of the way from chance to 1.",
        "clause",
        Above(threshold=0.5, partly=0.25, contradicted=0.1),
        "manipulation heads (attention maps)",
    ),
    _claim(
        "pretraining_brings_heads",
        "Pretraining brings association heads before any chain was seen: the best score is higher by over a tenth.",
        "brought",
        Above(threshold=0.1, partly=0.02, contradicted=0.0),
        "both kinds are found in pretrained BERT (attention maps)",
    ),
    _claim(
        "association_ablation",
        "Chains are followed through association heads: without the best of them, one for every step that is told, the "
        "loss rises by over a tenth of a nat more than without as many others.",
        "ablation_excess",
        Above(threshold=0.1, partly=0.0, contradicted=0.0),
        beyond=True,
    ),
    _claim(
        "shortcut",
        "Told whole chains, it answers the last variable by counting signs: when the last clause's reference is "
        "swapped, it is right where the value stays and wrong where it changes, a difference of over a half.",
        "shortcut",
        Above(threshold=0.5, partly=0.2, contradicted=0.1),
        "a shortcut that counts minus signs for the last variable",
    ),
    _claim(
        "last_comes_early",
        "The shortcut shows in training: the last value is right more often than the one before, by over a twentieth "
        "on average.",
        "last_ahead",
        Above(threshold=0.05, partly=0.0, contradicted=0.0),
        beyond=True,
    ),
    _claim(
        "prevented_by_data",
        "Data prevent it: told whole chains among decoy clauses, it gives the new value in nine of ten texts in which "
        "the swap changed it.",
        "prevented",
        Above(threshold=0.9, partly=0.75, contradicted=0.55),
        "prevented by careful preparation of the data",
    ),
    _claim.not_run(
        "tying_helps_the_mimicking",
        "Tying helps a model that mimics, too: it follows chains further than untied.",
        "the one that mimics has tied layers only; from scratch, where both were run, neither learns chains at laptop",
        "ALBERT, whose layers share weights, follows chains further",
    ),
    _claim.not_run(
        "programs",
        "The same holds of models that execute simple C programs.",
        "no world of C programs",
        "a first look, in the first version of the paper",
    ),
)
