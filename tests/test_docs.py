"""What the documentation shows is run as it stands, and what it links to exists."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
NUMBERS_TO_COME = {"BATCH", "LAYERS", "LENGTH", "MINUTES", "PARAMETERS", "SECONDS", "SEEDS", "STEPS", "TODO", "WIDTH"}


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "guides").glob("*.md")), ids=lambda page: page.name)
def test_the_python_of_a_guide_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, page.name, "exec"), names)  # our own text, from this repository


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page: Path):
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "studies").glob("*.md")), ids=lambda page: page.name)
def test_no_page_of_a_study_holds_words_for_numbers_to_come(page: Path):
    assert not NUMBERS_TO_COME & set(re.findall(r"\w+", page.read_text()))


def test_the_page_on_reliability_is_what_the_benchmarks_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks" / "trust")
    reliability = importlib.import_module("reliability")
    assert reliability.PAGE.read_text() == reliability.page()
