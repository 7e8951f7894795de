"""What was published, what we ask beyond it, and the criteria, fixed before the runs they judge.

Differences of normalised accuracy count from 0.02 on: less is not worth a sentence, however narrow the interval.
"""

from dataclasses import replace

from ontogeny.claims import Above, Claim, Untested, Verdict, Within

SOURCE = "Jin & Rinard (ICML 2024), arXiv 2305.11169"
_RELEASE = "press release of the authors' institution"
_SECONDARY = "as quoted by others; the paper's own figure was not at hand"
_NEWS = "as reported by the press"
TRAINED = ("laptop", "overnight", "paper")

_MORE = Above(threshold=0.02, contradicted=-0.02)


def _beyond(claim: str, statement: str, quantity: str, criterion: Above | Within = _MORE, **more: str) -> Claim:
    return Claim(
        id=claim,
        statement=statement,
        source="this laboratory",
        quantity=quantity,
        criterion=criterion,
        presets=TRAINED,
        beyond=True,
        **more,  # type: ignore[arg-type]
    )


def _published(
    claim: str, statement: str, quantity: str, criterion: Above | Within, published: str | None = None, **more: str
) -> Claim:
    return Claim(
        id=claim,
        statement=statement,
        source=SOURCE,
        published=published,
        quantity=quantity,
        criterion=criterion,
        presets=TRAINED,
        **more,  # type: ignore[arg-type]
    )


_BEHAVIOUR = (
    _published(
        "accuracy",
        "At the end of training the model writes right programs for most held-out specifications.",
        "accuracy",
        Above(threshold=0.9, partly=0.5),
        f"92.4 % ({_RELEASE})",
    ),
    _beyond(
        "held_out_accuracy",
        "The programs it writes are also right on examples of the specification that it was never shown.",
        "held_out_accuracy",
        Above(threshold=0.8, partly=0.5),
    ),
    _published(
        "shorter",
        "Right programs that the model writes are shorter than their references.",
        "shorter",
        Above(threshold=0.05, contradicted=-0.05),
        f"shorter on average ({_SECONDARY})",
    ),
    _published(
        "late_perplexity",
        "While accuracy improves, the perplexity of reference programs hardly falls any more: less than a fifth of its "
        "whole fall comes after a quarter of the final accuracy is reached.",
        "late_perplexity_fall",
        Within(centre=0.0, margin=0.2, contradicted=0.4, confidence=0.95),
        f"perplexity stays high while accuracy improves ({_SECONDARY})",
    ),
)

_COURSE = (
    _published(
        "content_follows_accuracy",
        "Semantic content follows generative accuracy over checkpoints.",
        "content_follows_accuracy",
        Above(threshold=0.7, partly=0.4),
        f"R^2 = 0.878 ({_SECONDARY})",
    ),
    _published(
        "phases",
        "Syntax comes before semantics: what is written becomes varied before it becomes right.",
        "phase_lag",
        Above(threshold=0.0, contradicted=0.0),
        f"syntax from 50 %, semantics from 75 % of training ({_NEWS})",
    ),
    _published(
        "babbling",
        "Babbling lasts for the first half of training.",
        "diversity_transition",
        Within(centre=0.5, margin=0.1, partly=0.2, contradicted=0.2),
        f"50 % of training ({_NEWS})",
    ),
    _beyond(
        "half_lag",
        "What is written reaches half of its final variety before half of its final accuracy.",
        "half_lag",
        Above(threshold=0.0, contradicted=0.0),
    ),
    _beyond(
        "boundaries_move",
        "The phases' boundaries belong to the learning-rate schedule: with a warm-up over half of training, half of "
        "the final accuracy is reached later, by more than a tenth of training.",
        "accuracy_half",
        Above(threshold=0.1, partly=0.02, contradicted=-0.02),
        arm="long_warmup",
        against="main",
    ),
)

_CONTENT = (
    _published(
        "content_gain",
        "As training goes on, linear probes read facing, relative position and wall ahead ever better.",
        "content_gain",
        _MORE,
        f"from chance to 63.2 % linear ({_SECONDARY})",
    ),
    _published(
        "networks_read_more",
        "A two-layer network reads the same states better than a linear probe.",
        "network_gain",
        _MORE,
        f"63.2 % linear, 79.1 % one layer, 82.3 % two layers ({_SECONDARY})",
    ),
    _beyond(
        "content_margin",
        "Neither the untrained model nor the input alone explains what probes read of facing, position and wall ahead.",
        "content_margin",
    ),
    _beyond(
        "egocentric_gain",
        "As training goes on, probes read ever better what the program did in the robot's own starting frame: turns "
        "and displacement.",
        "egocentric_gain",
    ),
    _beyond(
        "egocentric_margin",
        "Neither the untrained model nor the input alone explains what probes read of turns and displacement.",
        "egocentric_margin",
    ),
    _published(
        "future",
        "States one and two operations ahead are read better than the present state and the prior of programs allow.",
        "future_gain",
        _MORE,
        "future states are decodable before they are generated (direction only)",
    ),
    _beyond(
        "future_egocentric",
        "The same of turns and displacement.",
        "future_gain_egocentric",
    ),
)

_MEANING = (
    _published(
        "flip",
        "Under the flipped meaning probes read less, beyond what they lose on the untrained model.",
        "flip_drop",
        _MORE,
        f"drops significantly (direction only, {_NEWS})",
    ),
    _published(
        "adversarial",
        "Under the adversarial meaning probes read less, beyond what they lose on the untrained model.",
        "adversarial_drop",
        _MORE,
        f"drops significantly (direction only, {_NEWS})",
    ),
    _published(
        "adversarial_beyond_flip",
        "The adversarial meaning costs probes more than the flipped one.",
        "adversarial_beyond_flip",
        _MORE,
        f"more under the adversarial one (direction only, {_NEWS})",
    ),
    _beyond(
        "adversarial_egocentric",
        "The adversarial meaning costs probes of turns and displacement, beyond what they lose on the untrained model.",
        "adversarial_drop_egocentric",
    ),
    *(
        _beyond(name, statement, name, Above(threshold=0.1, partly=0.02, contradicted=-0.02))
        for name, statement in (
            (
                "edit_probe",
                "Turning the heading that the model holds along a probe's directions, after the first layer, makes it "
                "write next what it writes where the robot really is turned: more often than edits as long elsewhere.",
            ),
            (
                "edit_mean",
                "The same along the mean difference that a reversed turn makes to the hidden state.",
            ),
            (
                "edit_heading",
                "The same along the difference between the mean states of two opposite headings, the last token held.",
            ),
            (
                "edit_program",
                "After that edit at one position, the rest of the program solves the task as if the robot were turned.",
            ),
        )
    ),
)


def _beyond_shown(arm: str, where: str) -> tuple[Claim, ...]:
    """What is held beyond what the prompt shows: the first and the last state stand in every example's grids.

    These were registered after the controls had been tried on two seeds of the arm with two examples, and before they
    were measured in any other; that of the heading alone after one seed of each of two other conditions.
    """
    asked = (
        ("content_beyond_time", "Semantic content follows accuracy better than training time and likelihood do"),
        ("content_beyond_shown", "Absolute states are read better than from the first and last state and the tokens"),
        ("egocentric_beyond_shown", "Turns and displacement are read better than from first and last state and tokens"),
        ("present_margin", "The absolute state in which a token is written is read better than by every control"),
        ("present_wall_margin", "The wall ahead where a token is written is read better than by every control"),
        ("present_egocentric_margin", "Turns and displacement so far are read better than by every control"),
        ("present_heading_margin", "The robot's turns so far are read better than by every control"),
        ("flip_beyond_shown", "The flipped meaning costs more than if the first and last state alone were held"),
        ("adversarial_beyond_shown", "The adversarial meaning costs more than if first and last state alone were held"),
        ("adversarial_beyond_shown_egocentric", "The same of turns and displacement"),
    )
    ids = {"main": "", "one_example": "_one_example"}
    return tuple(_beyond(f"{name}{ids[arm]}", f"{text}, {where}.", name, arm=arm) for name, text in asked)


def _in_arm(arm: str, where: str) -> tuple[Claim, Claim]:
    return (
        _beyond(f"content_{arm}", f"Absolute states are read beyond the controls {where}.", "content_margin", arm=arm),
        _beyond(
            f"egocentric_{arm}",
            f"Egocentric states are read beyond the controls {where}.",
            "egocentric_margin",
            arm=arm,
        ),
    )


def _with_one_example(claim: Claim) -> Claim:
    """A published claim asked again where a single example is shown, by the same criterion.

    These were registered after three seeds of that arm had been looked at and before three more were trained.
    """
    statement = f"With a single example: {claim.statement[0].lower()}{claim.statement[1:]}"
    return replace(claim, id=f"{claim.id}_one_example", statement=statement, arm="one_example", beyond=True)


_ASKED_AGAIN = (
    "content_follows_accuracy",
    "content_gain",
    "networks_read_more",
    "future",
    "flip",
    "adversarial",
    "adversarial_beyond_flip",
)

_CONDITIONS = (
    *_beyond_shown("main", "with five examples"),
    *_beyond_shown("one_example", "with a single example"),
    *_in_arm("grids_apart", "when the two grids of an example are shown in slots of their own"),
    *_in_arm("two_examples", "when two examples are shown"),
    *_in_arm("one_example", "when a single example is shown"),
    *(_with_one_example(claim) for claim in (*_COURSE, *_CONTENT, *_MEANING) if claim.id in _ASKED_AGAIN),
    *_in_arm("guarded", "when programs have conditionals"),
    *_in_arm("dense_walls", "when three times as many cells are walls"),
    *_in_arm("prefix_mask", "when the specification is attended to both ways"),
    *_in_arm("small_world", "in a 3x3 world with two examples, both grids of an example in one slot"),
    *_in_arm("words", "in the same small world with grids as words"),
    *_in_arm("words_all_loss", "in the same small world with grids as words and the loss on all of them"),
    Claim(
        id="loops",
        statement="The same holds for programs with loops.",
        source="this laboratory",
        beyond=True,
        untested=Untested(
            verdict=Verdict.UNDECIDED,
            reason="not yet run: inside a loop a position of the program has no single state to be read",
        ),
    ),
)

CLAIMS = (*_BEHAVIOUR, *_COURSE, *_CONTENT, *_MEANING, *_CONDITIONS)
