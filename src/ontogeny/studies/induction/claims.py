"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge."""

from functools import partial

from ontogeny.claims import Above, Below, Publication

SOURCE = "Olsson et al. (2022), arXiv 2209.11895"
CHAINS = "Edelman et al. (2024), arXiv 2402.11004"
TRAINED = ("laptop", "overnight", "paper")
_claim, _of_chains = Publication(SOURCE, TRAINED), Publication(CHAINS, TRAINED)
_on_text = partial(_claim, arm="text")

CLAIMS = (
    _claim(
        "sudden",
        "Learning in context comes suddenly: four fifths of the in-context score come within a fifth of training.",
        "window",
        Below(threshold=0.2, partly=0.35, contradicted=0.5),
        "the score changes in a narrow window (figure)",
    ),
    _claim(
        "heads_with_it",
        "Heads that match prefixes appear at the same time: their change point is less than a fifth of the way from "
        "that of the score.",
        "heads_lag",
        Below(threshold=0.2, partly=0.4, contradicted=0.6),
        "in the same window (figure)",
    ),
    _claim(
        "loss_with_it",
        "So does the loss: its change point is less than a fifth of the way from that of the score.",
        "loss_lag",
        Below(threshold=0.2, partly=0.4, contradicted=0.6),
        "in the same window (figure)",
    ),
    _claim(
        "together",
        "Over training, the in-context score and the highest prefix-matching score rise and fall together: Spearman "
        "above 0.9.",
        "together",
        Above(threshold=0.9, partly=0.7, contradicted=0.0),
        "the two change together (figure)",
    ),
    _claim(
        "bump",
        "The change is visible as a bump in the loss, a plateau before a fall: at least a tenth of the whole fall.",
        "bump",
        Above(threshold=0.1, partly=0.03, contradicted=0.01),
        "a bump in the training loss (figure)",
    ),
    _claim(
        "two_layers_induce",
        "Two layers of attention learn it: where the next token was said before, it is right nine times in ten.",
        "accuracy_two",
        Above(threshold=0.9, partly=0.5, contradicted=0.2),
        "induction heads form with two layers or more",
    ),
    _claim(
        "one_layer_does_not",
        "One layer does not: it is right less than a quarter of the time.",
        "accuracy_one",
        Below(threshold=0.25, partly=0.5, contradicted=0.8),
        "no phase change in one-layer models",
    ),
    _claim(
        "one_layer_has_no_heads",
        "Nor has one layer heads that match prefixes: the highest score stays below a quarter.",
        "prefix_one",
        Below(threshold=0.25, partly=0.5, contradicted=0.8),
        "no phase change in one-layer models",
    ),
    _claim(
        "smeared_keys",
        "One layer whose keys are smeared over two positions does: it is right more than half of the time.",
        "accuracy_smeared",
        Above(threshold=0.5, partly=0.3, contradicted=0.2),
        "with smeared keys the change comes earlier, and in one layer",
    ),
    _claim(
        "they_copy",
        "The best prefix-matching head copies: what it attends to is among the most raised (mean rank, -1 to 1).",
        "copying",
        Above(threshold=0.5, partly=0.2, contradicted=0.0),
        "induction heads copy",
    ),
    _claim(
        "they_are_composed",
        "Its keys are made of what a head that looks at the previous token writes: composition above that of random "
        "maps by more than 0.1.",
        "composed",
        Above(threshold=0.1, partly=0.02, contradicted=0.0),
        "K-composition with a previous-token head",
    ),
    _claim(
        "ablation",
        "Taking out the two heads that match prefixes best costs more than taking out two others: by over half a nat "
        "a token where induction is possible.",
        "ablation_excess",
        Above(threshold=0.5, partly=0.0, contradicted=0.0),
        "ablating induction heads reduces learning in context (figure)",
    ),
    _claim(
        "most_of_it",
        "Without these two heads most of the in-context score is gone.",
        "score_taken",
        Above(threshold=0.5, partly=0.2, contradicted=0.1),
        "most of learning in context, in small attention-only models",
    ),
    _claim(
        "all_of_them",
        "Taking out every head that pays more than half of its attention to what followed costs more than taking out "
        "as many others, by over half a nat a token. (Registered after three seeds had shown that a third such head "
        "can stand in for two.)",
        "matching_excess",
        Above(threshold=0.5, partly=0.0, contradicted=0.0),
        beyond=True,
    ),
    _of_chains(
        "unigrams_first",
        "On Markov chains a model first counts states without their order: most of the time until it is nearest to "
        "the Bayes answer it is nearest to the unigram answer.",
        "unigram_stay",
        Above(threshold=0.5, partly=0.25, contradicted=0.1),
        "a phase of unigrams, then a sudden change to bigrams",
    ),
    _of_chains(
        "bayes_in_the_end",
        "Then it counts pairs: in the end less than a tenth is left of the distance between unigram and Bayes answer.",
        "bayes_left",
        Below(threshold=0.1, partly=0.3, contradicted=1.0),
        "near the Bayes-optimal bigram answer",
    ),
    _on_text(
        "text_heads",
        "On text, too, two layers come to have a head that matches prefixes: on repeated random tokens the best pays "
        "more than a quarter of its attention to what followed.",
        "prefix_two",
        Above(threshold=0.25, partly=0.1, contradicted=0.03),
        "34 models on text",
    ),
    _on_text(
        "text_one_layer_has_none",
        "One layer has none: the best pays less than a tenth.",
        "prefix_one",
        Below(threshold=0.1, partly=0.25, contradicted=0.5),
        "no phase change in one-layer models",
    ),
    _on_text(
        "text_smeared_keys",
        "One layer whose keys are smeared over two positions has one: more than a quarter.",
        "prefix_smeared",
        Above(threshold=0.25, partly=0.1, contradicted=0.03),
        "with smeared keys the change comes earlier, and in one layer",
    ),
    _on_text(
        "text_sudden",
        "On text learning in context comes suddenly: four fifths of the score come within a fifth of training.",
        "window",
        Below(threshold=0.2, partly=0.35, contradicted=0.5),
        "34 models on text",
    ),
    _on_text(
        "text_heads_with_it",
        "In the same window heads appear that match prefixes: their change point is less than a fifth of the way from "
        "that of the score.",
        "heads_lag",
        Below(threshold=0.2, partly=0.4, contradicted=0.6),
        "34 models on text",
    ),
    _on_text(
        "text_together",
        "Over training on text the score and the highest prefix-matching score rise and fall together: Spearman above "
        "0.9.",
        "together",
        Above(threshold=0.9, partly=0.7, contradicted=0.0),
        "34 models on text",
    ),
    _on_text(
        "text_two_over_one",
        "Two layers learn more from the context than one: their in-context score is lower by over a tenth of a nat.",
        "score_over_one",
        Above(threshold=0.1, partly=0.02, contradicted=0.0),
        "one-layer models learn less in context",
    ),
    _on_text(
        "text_ablation",
        "On text, too, taking out the two heads that match prefixes best costs more than taking out two others: by "
        "over a tenth of a nat a token, where the next token followed the current one before.",
        "ablation_excess",
        Above(threshold=0.1, partly=0.0, contradicted=0.0),
        "ablating induction heads reduces learning in context (figure)",
    ),
    _claim.not_run(
        "fuzzy",
        "The same heads also complete patterns that are only similar.",
        "no world of similar patterns yet",
        "translation, pattern matching (examples)",
    ),
)
