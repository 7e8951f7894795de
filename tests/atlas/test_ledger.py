import io
import re

import pytest
from rich.console import Console

from ontogeny.atlas import ledger_markdown, ledger_text
from ontogeny.claims import ledger_rows


@pytest.fixture
def rows(claims, make_evidence):
    return ledger_rows("study", claims, make_evidence())


def printed(rows, width):
    stream = io.StringIO()
    ledger_text(rows, Console(file=stream, width=width))
    return stream.getvalue()


def test_the_page_says_that_it_is_generated_and_how(rows):
    page = ledger_markdown(rows, command="make ledger")
    assert page.count("`make ledger`") == 2
    assert "`ontogeny claims --markdown docs/ledger.md`" in ledger_markdown(rows)


def test_every_row_is_one_line_of_nine_cells(rows, hostile):
    evil = [{**rows[0], "statement": f"a | b\n*c* `d` {hostile}", "published": "[x](javascript:y)"}, *rows[1:]]
    page = ledger_markdown(evil)
    table = [line for line in page.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(rows)
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 10 for line in table)
    assert "<img" not in page
    assert r"\[x\](javascript:y)" in page


def test_the_page_holds_verdict_interval_sham_and_moved_criteria(rows):
    page = ledger_markdown([{**rows[0], "moved": True}, rows[1]])
    assert "| ✓ reproduced | not reproduced at this scale |" in page
    assert "92.4 %" in page
    assert r"0.960 \[0.935, 0.985\]" in page
    assert page.count("changed since it was measured") == 1
    assert "? undecided | \N{EN DASH} |" in page


def test_a_claim_with_rows_at_two_presets_is_counted_once(rows):
    page = ledger_markdown([rows[0], {**rows[0], "preset": "overnight", "verdict": "undecided"}, rows[1]])
    assert "Of 2 claims, 1 is reproduced and 1 is undecided. A claim measured at several presets counts once" in page
    assert page.count("| overnight |") == 1


def test_studies_have_sections(rows):
    page = ledger_markdown([*rows, {**rows[0], "study": "other_one"}])
    assert "\n## study\n" in page
    assert "\n## other\\_one\n" in page


@pytest.mark.parametrize("width", [40, 72, 100, 160])
def test_a_terminal_of_any_width_shows_every_word(rows, width):
    text = printed(rows, width)
    words = re.sub(r"\s+", "", text)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    for part in ("reproduced", "92.4%", "0.960[0.935,0.985]", "undecided", "Of2claims,1isreproducedand1isundecided."):
        assert part in words


def test_markup_in_a_statement_is_text(rows):
    assert "[bold]not bold[/bold]" in printed([{**rows[0], "statement": "[bold]not bold[/bold]"}], 160)
    assert "[/oops]" in printed([{**rows[0], "statement": "[/oops]", "study": "[/study]"}], 80)


def test_no_claims_are_said_to_be_none():
    assert printed([], 80).strip() == "No claims are registered."
