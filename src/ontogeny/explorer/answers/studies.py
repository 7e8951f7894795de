"""Studies, their claims and their evidence."""

from ontogeny.explorer.answers.common import Answer, Column, Plain


class Paper(Answer):
    title: str
    authors: str
    year: int
    venue: str
    url: str | None
    """http or https, else null."""
    code: str | None


class LedgerRow(Answer):
    """One claim at one preset, held against the evidence."""

    study: str
    study_title: str
    family: str
    claim: str
    statement: str
    source: str
    published: str | None
    beyond: bool
    """Whether the claim goes beyond what the paper asked."""
    quantity: str
    unit: str
    arm: str
    against: str | None
    criterion: str
    moved: bool
    """Whether the criterion is not the one that stood when the numbers were measured."""
    preset: str | None
    estimate: float | None
    low: float | None
    high: float | None
    measured: str
    """Estimate and interval in words, rounded to what the interval warrants."""
    seeds: int
    verdict: str
    reason: str
    sham_estimate: float | None
    sham_low: float | None
    sham_high: float | None
    sham_verdict: str
    sham_reason: str
    sham_seeds: int
    committed: bool
    """Whether the evidence came with the package rather than from one's own runs."""


class Ledger(Answer):
    rows: list[LedgerRow]


class StudySummary(Answer):
    """A study as a card."""

    id: str
    title: str
    question: str
    family: str
    paper: Paper
    presets: list[str]
    arms: list[str]
    claims: int
    verdicts: dict[str, int]
    """Claims by verdict, each once: on a card by the largest preset that decides it, on a page at its own."""
    preset: str | None
    """Whose seeds, cost and figure these are: on a card of most verdicts; null where there is no evidence."""
    committed: bool
    seeds: int
    seconds: float | None
    """Computing time of that evidence, all arms and seeds."""
    figure: str | None
    """Address of the card's figure (SVG)."""
    running: list[str]
    """Presets that somebody is measuring at this moment."""
    problem: str | None
    """Why the evidence cannot be read, if it cannot."""


class Studies(Answer):
    studies: list[StudySummary]


class Place(Answer):
    """Evidence of a study at one preset."""

    preset: str
    committed: bool


class Arm(Answer):
    """A condition of a study."""

    name: str
    overrides: list[str]
    """What makes it differ from the preset."""
    seeds: list[int]
    """Measured so far at the preset shown."""


class FigureInfo(Answer):
    id: str
    title: str
    caption: str
    href: str
    """Address of the SVG file."""


class Figures(Answer):
    """The figures that a study draws from its evidence."""

    figures: list[FigureInfo]


class TableInfo(Answer):
    name: str
    rows: int
    columns: list[Column]
    href: str
    """Address of its rows; with `.csv` behind it, of the whole table as a file."""


class Entry(Answer):
    """One seed of one arm: what it took."""

    arm: str
    seed: int
    seconds: float | None
    measured_at: str | None
    settings: str | None
    runs: list[str]
    """The trainings it rests on, as `name/hash`."""


class Notice(Answer):
    """What a reader must know before believing a number."""

    head: str
    body: str


class Fact(Answer):
    name: str
    value: str


class StudyPage(StudySummary):
    """Everything about one study at one preset, but for the rows of its tables and its figures."""

    places: list[Place]
    conditions: list[Arm]
    rows: list[LedgerRow]
    """The claims at the preset shown."""
    tables: list[TableInfo]
    entries: list[Entry]
    notices: list[Notice]
    facts: list[Fact]
    """Cost, processors, versions."""
    command: str
    """The commands that measure the same again."""
    settings: dict[str, Plain]
    """Of each arm as it was measured, else of each preset."""
