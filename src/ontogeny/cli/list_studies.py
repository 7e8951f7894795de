"""`ontogeny list`: every study with its paper, scales and verdicts so far."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.cli.common import Commands, add_json, add_store, print_json

if TYPE_CHECKING:
    from ontogeny.studies import Study


def add(commands: Commands) -> None:
    command = commands.add_parser("list", help="every study: paper, family, scales, verdicts so far")
    command.set_defaults(command=list_studies)
    add_json(command)
    add_store(command)


def list_studies(given: argparse.Namespace) -> None:
    """`ontogeny list`"""
    rows = _summaries(given.store)
    if given.json:
        print_json(rows)
        return
    for row in rows:
        paper = row["paper"]
        venue, year = paper["venue"], str(paper["year"])
        published = venue if year in venue else f"{venue}, {year}"
        print(f"{row['id']}: {row['title']}")
        print(f"  paper    {paper['authors']}: {paper['title']} ({published})")
        print(f"  family   {row['family']};  presets: {', '.join(row['presets'])};  arms: {', '.join(row['arms'])}")
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in row["verdicts"].items())
        print(f"  claims   {row['claims']}: {verdicts}")
        print(f"  models   {row['models']} in {given.store}")


def _summaries(store: Path) -> list[dict[str, Any]]:
    """A summary of every study, as it was kept where all studies are our own: others' code may have changed unseen.

    Judging imports every study and the numerics below; what was judged follows from our code and the records.
    """
    from ontogeny import studies
    from ontogeny.kept import digest_of, kept
    from ontogeny.lab.evidence_places import PACKAGE, committed_folder

    def judged() -> list[dict[str, Any]]:
        return [_summary(study, store) for study in studies.all()]

    names = studies.names()
    if set(names) - studies.built_in():
        return judged()
    evidence = [folder for name in names for folder in (committed_folder() / name, store / name / "evidence")]
    records = [path for folder in evidence for path in folder.glob("*/*.*") if path.is_file()]
    measured = [path for name in names for path in (store / name / "seeds").glob("*/record.yaml")]
    return kept("list", digest_of([*PACKAGE.rglob("*.py"), *records, *measured]), judged)


def _summary(study: "Study", store: Path) -> dict[str, Any]:
    from collections import Counter
    from dataclasses import asdict

    from ontogeny.claims import once_each
    from ontogeny.lab.gathering import runs_of
    from ontogeny.studies.ledger import study_ledger

    verdicts = Counter(row["verdict"] for row in once_each(study_ledger(study, store)))
    return {
        "id": study.id,
        "title": study.title,
        "question": study.question,
        "paper": asdict(study.paper),
        "family": study.family,
        "presets": list(study.settings),
        "arms": list(study.arms),
        "claims": len(study.claims),
        "verdicts": dict(verdicts.most_common()),
        "models": len(runs_of(store, study.id)),
    }
