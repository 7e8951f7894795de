"""The report: everything about one study in one HTML file that opens from disk, with neither scripts nor network."""

import base64
import io
import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from ontogeny.atlas.figure import Figure
from ontogeny.atlas.theme import MONO, SANS, css_variables
from ontogeny.atlas.words import EN_DASH, SIGNS, duration, measured, verdict_counts
from ontogeny.claims.claim import MINIMUM_SEEDS, NOT_MEASURED, Verdict
from ontogeny.files import write_atomic
from ontogeny.seals import seal_html

if TYPE_CHECKING:
    import pyarrow as pa

    from ontogeny.claims.evidence import Evidence

TEMPLATES = Path(__file__).parent / "templates"

#: Rows of a table shown on the page, and bytes up to which it can be downloaded from the page.
SHOWN_ROWS = 40
LARGEST_DOWNLOAD = 200_000


@runtime_checkable
class Paper(Protocol):
    """Where the claims were published."""

    @property
    def title(self) -> str: ...
    @property
    def authors(self) -> str: ...
    @property
    def year(self) -> int: ...
    @property
    def venue(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def code(self) -> str | None: ...


@runtime_checkable
class Study(Protocol):
    """What the report needs to know of a study."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def paper(self) -> Paper: ...
    @property
    def family(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...
    @property
    def arms(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def figures(self) -> "Callable[[Evidence], Sequence[Figure]]": ...


def write_report(
    path: Path, study: Study, evidence: "Evidence", rows: Sequence[Mapping[str, Any]], *, packaged: bool = False
) -> None:
    """Draw the study's figures and write the report to `path`.

    `rows` are the ledger rows of this study (`claims.ledger_rows`). `packaged` says that the evidence came with the
    installation and was not measured here. The same evidence gives the same bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, seal_html(report_html(study, evidence, rows, packaged=packaged)))


def report_html(
    study: Study, evidence: "Evidence", rows: Sequence[Mapping[str, Any]], *, packaged: bool = False
) -> str:
    """The report's HTML; see `write_report`. Every string that comes from study or evidence is escaped."""
    import jinja2

    figures = list(study.figures(evidence))
    ids = [figure.id for figure in figures]
    if len(set(ids)) < len(ids):
        raise ValueError(f"study {study.id!r}: figures of the same id, of {ids}")
    entries = evidence.record.get("seeds", [])
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        css=jinja2.utils.markupsafe.Markup(_css()),
        study=study,
        paper_url=web_address(study.paper.url),
        code_url=web_address(study.paper.code),
        summary=verdict_counts(rows),
        preset=evidence.preset,
        seeds=_seeds_in_words(evidence),
        notices=notices(evidence, rows, packaged),
        rows=[_claim_row(row) for row in rows if row.get("reason") != NOT_MEASURED],
        unmeasured=[_claim_row(row) for row in rows if row.get("reason") == NOT_MEASURED],
        figures=figures,
        tables=[_table_view(evidence, name, table) for name, table in _all_tables(evidence).items()],
        command=commands(study, evidence),
        facts=facts(entries),
        arms=[(arm, _arm_in_words(study, arm)) for arm in _arms(evidence)],
        settings=_settings(evidence),
        entries=[_entry_view(entry) for entry in entries],
    )


def _css() -> str:
    fonts = f":root {{ --sans: {SANS}; --mono: {MONO}; }}"
    return "\n".join([css_variables(":root"), fonts, (TEMPLATES / "report.css").read_text(encoding="utf-8")])


def web_address(url: str | None) -> str | None:
    """The address if it is one a browser should be sent to; a `javascript:` address is not."""
    return url if url and urlsplit(url).scheme in ("http", "https") else None


def _arms(evidence: "Evidence") -> list[str]:
    """The arms that were measured, the main one first."""
    names = {entry["arm"] for entry in evidence.record.get("seeds", [])} | set(evidence.quantities["arm"].to_pylist())
    return sorted(names, key=lambda name: (name != "main", name))


def _arm_in_words(study: Study, arm: str) -> str:
    """What makes the arm differ from the preset."""
    if arm not in study.arms:
        return "no longer an arm of this study"
    return ", ".join(study.arms[arm]) or "the preset as it is"


def _seeds_in_words(evidence: "Evidence") -> str:
    arms = _arms(evidence)
    counts = [len(evidence.seeds(arm)) for arm in arms] or [0]
    words = f"{max(counts)} seed{'s' * (max(counts) != 1)}"
    if len(arms) < 2:
        return words
    return (
        f"{words} in each of {len(arms)} arms" if min(counts) == max(counts) else f"up to {words} in {len(arms)} arms"
    )


def notices(evidence: "Evidence", rows: Sequence[Mapping[str, Any]], packaged: bool) -> list[dict[str, str]]:
    """What a reader must know before believing a number."""
    found = []
    if packaged:
        head = "Not measured on this machine."
        body = "No runs of your own were found: this is the evidence that comes with Ontogeny."
        found.append({"head": head, "body": f"{body} The command at the end makes your own."})
    counts = [len(evidence.seeds(arm)) for arm in _arms(evidence)]
    if not counts or min(counts) < MINIMUM_SEEDS:
        fewest = min(counts, default=0)
        few = f"{fewest} where a verdict takes {MINIMUM_SEEDS}"
        body = f"At least one arm has fewer seeds than that: {few}. Its claims stay undecided."
        if len(counts) < 2:
            there = "There is" if fewest == 1 else "There are"
            body = f"{there} {few}: every claim stays undecided, whatever the numbers look like."
        found.append({"head": "Few seeds.", "body": body})
    if moved := [str(row["claim"]) for row in rows if row.get("moved")]:
        body = f"The criterion is not the one that stood when the numbers were measured, for: {', '.join(moved)}."
        found.append({"head": "Criteria were moved.", "body": body})
    if passed := [str(row["claim"]) for row in rows if row["sham_verdict"] == Verdict.REPRODUCED]:
        body = f"A sham meets the criterion, so the test cannot tell truth from a null, for: {', '.join(passed)}."
        found.append({"head": "A sham passes.", "body": body})
    return found


def _claim_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A ledger row with every cell as it is shown."""
    sign, tone = SIGNS[str(row["verdict"])]
    estimate, _, interval = measured(row).partition(" [")
    sham_passes = row["sham_verdict"] == Verdict.REPRODUCED
    return {
        **{name: row[name] for name in ("claim", "statement", "source")},
        **{name: row[name] or EN_DASH for name in ("published", "criterion", "seeds", "preset")},
        "estimate": estimate,
        "interval": f"[{interval}" if interval else "",
        "beyond": row.get("beyond", False),
        "moved": row.get("moved", False),
        "reason": row.get("reason", ""),
        "verdict": row["verdict"],
        "sign": sign,
        "tone": tone,
        "sham_verdict": row["sham_verdict"] if row["criterion"] else EN_DASH,
        "sham_sign": "!" if sham_passes else "",
        "sham_tone": "bad" if sham_passes else "",
    }


def _all_tables(evidence: "Evidence") -> "dict[str, pa.Table]":
    return {"quantities": evidence.quantities, **dict(sorted(evidence.tables.items()))}


def _table_view(evidence: "Evidence", name: str, table: "pa.Table") -> dict[str, Any]:
    from pyarrow import csv

    stream = io.BytesIO()
    csv.write_csv(table, stream)
    data = stream.getvalue()
    small = len(data) <= LARGEST_DOWNLOAD
    shown = table.slice(0, SHOWN_ROWS).to_pylist()
    return {
        "name": name,
        "total": table.num_rows,
        "columns": table.column_names,
        "rows": [[_cell(value) for value in row.values()] for row in shown],
        "href": f"data:text/csv;base64,{base64.b64encode(data).decode()}" if small else None,
        "file": f"{evidence.study}-{evidence.preset}-{name}.csv",
        "place": f"{evidence.study}/{evidence.preset}/tables/{name}.parquet",
    }


def _cell(value: Any) -> dict[str, Any]:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return {"text": EN_DASH, "numeric": numeric}
    return {"text": f"{value:.5g}" if isinstance(value, float) else str(value), "numeric": numeric}


def commands(study: Study, evidence: "Evidence") -> str:
    """The commands that measure the same again: a line for all arms that were measured on the same seeds."""
    overrides = [str(assignment) for assignment in evidence.record.get("overrides", [])]
    by_seeds: dict[str, list[str]] = {}
    for arm in _arms(evidence) or ["main"]:
        by_seeds.setdefault(_seed_range(evidence.seeds(arm)), []).append(arm)
    lines = []
    for seeds, arms in by_seeds.items():
        words = ["ontogeny", "run", study.id, "--preset", evidence.preset.partition("+")[0], "--seeds", seeds]
        words += ["--arms", ",".join(arms)] if arms != ["main"] else []
        lines.append(shlex.join(words + (["--set", *overrides] if overrides else [])))
    return "\n".join(lines)


def _seed_range(seeds: Sequence[int]) -> str:
    """Seeds as the command line takes them: how many from 0 on, or the first and the last."""
    if not seeds:
        return str(MINIMUM_SEEDS)
    return str(len(seeds)) if list(seeds) == list(range(len(seeds))) else f"{min(seeds)}-{max(seeds)}"


def _settings(evidence: "Evidence") -> list[tuple[str, str]]:
    """The settings of each arm in full, as they were when it was measured."""
    import yaml

    stored = evidence.record.get("settings", {})
    arms = [arm for arm in _arms(evidence) if arm in stored]
    return [(arm, yaml.safe_dump(stored[arm], sort_keys=False, allow_unicode=True)) for arm in arms]


def facts(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Cost, processors and versions, gathered from what each seed recorded; what differs is listed side by side."""
    seconds = [float(entry["seconds"]) for entry in entries if "seconds" in entry]
    gathered: list[tuple[str, str]] = []
    if seconds:
        mean = duration(sum(seconds) / len(seconds))
        gathered.append(("computing time", f"{duration(sum(seconds))} for {len(seconds)} seeds and arms, {mean} each"))
    for part in ("hardware", "versions"):
        found: dict[str, list[str]] = {}
        for entry in entries:
            for name, value in dict(entry.get(part, {})).items():
                found.setdefault(str(name), []).append(str(value))
        gathered += [
            (name.replace("_gib", " (GiB)").replace("_", " "), ", ".join(dict.fromkeys(values)))
            for name, values in found.items()
        ]
    systems = dict.fromkeys(str(entry["system"]) for entry in entries if "system" in entry)
    return [*gathered, ("system", ", ".join(systems))] if systems else gathered


def _entry_view(entry: Mapping[str, Any]) -> dict[str, str]:
    return {
        "arm": str(entry["arm"]),
        "seed": str(entry["seed"]),
        "time": duration(float(entry["seconds"])) if "seconds" in entry else EN_DASH,
        "settings": str(entry.get("settings", EN_DASH)),
        "runs": " ".join(str(run) for run in entry.get("runs", [])) or EN_DASH,
    }
