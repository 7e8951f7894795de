"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge."""

from ontogeny.claims import Above, Below, Claim, Publication, Untested, Verdict

SOURCE = "Bansal et al. (2022), arXiv 2212.09095"
_claim = Publication(SOURCE, ("laptop", "overnight", "paper"))


def _not_testable(claim: str, statement: str, reason: str, published: str) -> Claim:
    untested = Untested(verdict=Verdict.NOT_TESTABLE, reason=reason)
    return Claim(id=claim, statement=statement, source=SOURCE, published=published, untested=untested)


CLAIMS = (
    _claim(
        "heads_prunable",
        "Importance tells which heads can go: pruned by it, over a tenth more of all heads can be taken out than in "
        "random order until a task loses a twentieth of its accuracy.",
        "heads_excess",
        Above(threshold=0.1, partly=0.0, contradicted=0.0),
        "about 70 % of heads can be removed with minimal loss",
    ),
    _claim(
        "mlps_prunable",
        "It tells which MLPs can go: pruned by it, over a tenth more of all MLPs can be taken out than in random "
        "order.",
        "mlps_excess",
        Above(threshold=0.1, partly=0.0, contradicted=0.0),
        "about 20 % of feed-forward networks can be removed with minimal loss",
    ),
    _claim(
        "heads_more_than_mlps",
        "More can go of the heads than of the MLPs: the shares differ by over a tenth.",
        "heads_over_mlps",
        Above(threshold=0.1, partly=0.0, contradicted=0.0),
        "about 70 % of heads, about 20 % of feed-forward networks",
    ),
    _claim(
        "ranks_agree",
        "Heads that are important for one task are important for others: between tasks, the importance of heads has a "
        "rank correlation above 0.3.",
        "ranks_agree",
        Above(threshold=0.3, partly=0.1, contradicted=0.0),
        "substantial overlap across tasks in the heads that are (un)important",
    ),
    _claim(
        "tops_agree",
        "So are the most important ones: of one task's top 30 %, more belong to another's than by chance, by over 0.15 "
        "of them.",
        "tops_agree",
        Above(threshold=0.15, partly=0.05, contradicted=0.0),
        "substantial overlap across tasks in the heads that are (un)important",
    ),
    _claim(
        "not_by_layer_alone",
        "That is not the layers' doing alone: the rank correlation is higher by over 0.1 than when importance is dealt "
        "anew among the heads of each layer.",
        "within_layers",
        Above(threshold=0.1, partly=0.0, contradicted=0.0),
        beyond=True,
    ),
    _claim(
        "learned_agreement",
        "Nor does it come with the architecture: the rank correlation is higher by over 0.1 than before training.",
        "over_untrained",
        Above(threshold=0.1, partly=0.0, contradicted=0.0),
        beyond=True,
    ),
    _claim(
        "shots_agree",
        "The heads that a task needs early, with few examples seen, are those that it needs late: rank correlation "
        "above 0.7.",
        "shots_agree",
        Above(threshold=0.7, partly=0.4, contradicted=0.0),
        "substantial overlap across numbers of in-context examples",
    ),
    _claim(
        "induction_heads",
        "Some head matches prefixes: its attention is over half of the way from chance to 1.",
        "prefix_matching",
        Above(threshold=0.5, partly=0.25, contradicted=0.1),
        "a small set of heads scores high on prefix matching and copying",
    ),
    _claim(
        "induction_heads_are_few",
        "Such heads are few: less than a quarter of all heads score over half as high as the best.",
        "share_matching",
        Below(threshold=0.25, partly=0.4, contradicted=0.6),
        "a small set of heads scores high on prefix matching and copying",
    ),
    _claim(
        "matching_enriched",
        "The heads that match prefixes best are important: of the best four, the share that is among a task's top 30 % "
        "is over 0.2 above chance.",
        "matching_enriched",
        Above(threshold=0.2, partly=0.0, contradicted=0.0),
        "induction heads overlap with task-specific important heads",
    ),
    _claim(
        "copying_enriched",
        "So are the heads that copy best: by as much.",
        "copying_enriched",
        Above(threshold=0.2, partly=0.0, contradicted=0.0),
        "induction heads overlap with task-specific important heads",
    ),
    _claim(
        "enriched_elsewhere",
        "Also for tasks that are not made for them: by as much, without repetition and recall.",
        "enriched_elsewhere",
        Above(threshold=0.2, partly=0.0, contradicted=0.0),
        beyond=True,
    ),
    _claim(
        "heads_in_the_middle",
        "Important heads lie in the middle layers: of a task's top 30 %, over 0.1 more than by chance.",
        "heads_in_the_middle",
        Above(threshold=0.1, partly=0.0, contradicted=0.0),
        "important heads cluster in the intermediate layers",
    ),
    _claim(
        "mlps_late",
        "Important MLPs lie in later layers: the second half has over 0.1 more than half of all MLPs' importance.",
        "mlps_late",
        Above(threshold=0.1, partly=0.0, contradicted=0.0),
        "important feed-forward networks lie in later layers (31 and above of 64)",
    ),
    _not_testable(
        "shares_at_scale",
        "Seven heads in ten and two MLPs in ten can go.",
        "how redundant a model is depends on its size: 66 billion parameters, 64 layers of 72 heads",
        "about 70 % and about 20 % of OPT-66B",
    ),
    _claim.not_run(
        "text",
        "The same holds of a model of text on tasks in words.",
        "no model of text that does tasks in words fits these presets",
        "14 tasks in words, OPT-66B",
    ),
)
