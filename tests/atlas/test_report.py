import base64
import itertools
import re
from html.parser import HTMLParser

import pytest

from ontogeny.atlas.report import LARGEST_DOWNLOAD, SHOWN_ROWS, report_html, write_report
from ontogeny.claims import ledger_rows

VOID = {"meta", "br", "img", "link", "input", "hr", "path", "use", "rect", "circle"}


class Page(HTMLParser):
    """Elements and their texts; fails where tags do not nest."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.texts = [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID or (self.open and self.open[-1] == tag):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture
def build(make_study, make_evidence, claims):
    def make(study=None, evidence=None, *, packaged=False, change=None):
        study, evidence = study or make_study(), evidence or make_evidence()
        rows = [{**row, **(change or {})} for row in ledger_rows(study.id, claims, evidence)]
        return Page(report_html(study, evidence, rows, packaged=packaged))

    return make


def test_the_same_evidence_gives_the_same_bytes(tmp_path, make_study, make_evidence, claims, figures, draw_again):
    for name, drawn in (("a", figures), ("b", draw_again())):
        evidence = make_evidence()
        rows = ledger_rows("study", claims, evidence)
        write_report(tmp_path / "new" / name, make_study(figures=tuple(drawn)), evidence, rows)
    assert (tmp_path / "new/a").read_bytes() == (tmp_path / "new/b").read_bytes()
    assert [path.name for path in sorted((tmp_path / "new").iterdir())] == ["a", "b"]


def test_nothing_is_fetched_and_nothing_runs(build, make_study, figures):
    page = build(make_study(figures=tuple(figures)))
    assert page.all("script", "link", "img", "iframe", "object", "base", "form") == []
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        assert not {"src", "srcset", "action", "data", "poster"} & set(attributes)
        if "href" in attributes and tag != "a":
            assert attributes["href"].startswith("#")
    policy = next(meta for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'")
    links = {link["href"] for link in page.all("a") if not link["href"].startswith(("#", "data:text/csv"))}
    assert links == {"https://example.org/p"}
    assert not re.search(r"url\((?!#)|@import", page.text)


def test_hostile_names_are_shown_as_text_everywhere(build, make_study, make_evidence, hostile, hostile_figures):
    study = make_study(hostile, tuple(hostile_figures), "javascript:alert(1)")
    evidence = make_evidence(arms=("main", hostile), words=hostile)
    evidence.record["overrides"] = [hostile]
    names = ("statement", "source", "published", "criterion", "reason", "claim", "preset")
    page = build(study, evidence, change=dict.fromkeys(names, hostile))
    assert page.all("script", "img") == []
    assert page.text.count("onerror=alert(1)") > 20
    assert not [link for link in page.all("a") if "javascript" in link["href"]]


def test_headings_tables_and_images_are_in_order_for_a_screen_reader(build, make_study, figures):
    page = build(make_study(figures=tuple(figures)))
    assert page.all("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(heading.get("scope") in ("col", "row") for heading in page.all("th"))
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in page.all("svg"))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    targets = {link["href"][1:] for link in page.all("a") if link["href"].startswith("#")}
    labelled = {section["aria-labelledby"] for section in page.all("section")}
    assert targets | labelled <= set(ids)


def test_the_claims_table_says_what_was_found(build):
    text = build().text
    assert "Of 2 claims, 1 is reproduced and 1 is undecided." in text
    for part in ("It solves what it has not seen.", "92.4 %", "0.960 [0.935, 0.985]", "mean over seeds above 0.9"):
        assert part in text
    assert "beyond the paper" in text
    assert "not yet run" in text


def test_claims_without_a_value_stand_in_a_list_of_their_own(build, make_evidence):
    assert "1 claim not measured yet" in build(evidence=make_evidence(0)).text
    assert "not measured yet" not in build().text


@pytest.mark.parametrize(
    ("options", "seeds", "change", "notice"),
    [
        ({"packaged": True}, 3, {}, "Not measured on this machine."),
        ({}, 2, {}, "Few seeds. There are 2 where a verdict takes 3"),
        ({}, 3, {"moved": True}, "Criteria were moved."),
        ({}, 3, {"sham_verdict": "reproduced"}, "A sham passes."),
    ],
)
def test_a_notice_stands_where_it_is_due_and_nowhere_else(build, make_evidence, options, seeds, change, notice):
    assert notice in build(evidence=make_evidence(seeds), change=change, **options).text
    assert notice.split(".")[0] not in build(evidence=make_evidence(3)).text


def test_few_seeds_in_one_arm_are_noticed(build, make_evidence, claims):
    evidence = make_evidence(3).with_seed("slow", 0, [], {}, {}, claims=claims)
    page = build(evidence=evidence)
    assert "At least one arm has fewer seeds" in page.text
    assert "up to 3 seeds in 2 arms" in page.text


def test_small_tables_can_be_downloaded_whole_and_large_ones_are_named(build, make_evidence):
    page = build(evidence=make_evidence(rows=SHOWN_ROWS))
    links = {link["download"]: link["href"] for link in page.all("a") if "download" in link}
    assert set(links) == {"study-smoke-quantities.csv", "study-smoke-curves.csv"}
    csv = base64.b64decode(links["study-smoke-curves.csv"].partition(",")[2]).decode().splitlines()
    assert csv[0] == '"arm","seed","step","feature","value"'
    assert csv[1] == '"main",0,0,"heading",0.123456789'
    assert len(csv) == 1 + 3 * SHOWN_ROWS
    assert f"The first {SHOWN_ROWS} of {3 * SHOWN_ROWS} rows" in page.text
    large = build(evidence=make_evidence(rows=LARGEST_DOWNLOAD // 60))
    assert "study/smoke/tables/curves.parquet" in large.text


def test_how_it_was_made_names_cost_machine_settings_runs_and_commands(build, make_study, make_evidence):
    evidence = make_evidence(arms=("main", "slow"))
    evidence.record["overrides"] = ["steps=500", "world.lengths=[3, 6]"]
    text = build(evidence=evidence).text
    assert "ontogeny run Study --preset smoke --seeds 3 --arms main,slow --set steps=500 'world.lengths=[3, 6]'" in text
    for part in ("6 min for 6 seeds and arms, 60 s each", "cores 2", "side: 5", "8f14e45fceea167a", "slow steps=8"):
        assert part in text


def test_arms_of_other_seeds_have_commands_of_their_own(build, make_evidence, claims):
    evidence = make_evidence()
    for seed in (3, 4):
        evidence = evidence.with_seed("slow", seed, [], {}, {}, claims=claims)
    text = build(evidence=evidence).text
    assert (
        "ontogeny run Study --preset smoke --seeds 3 ontogeny run Study --preset smoke --seeds 3-4 --arms slow" in text
    )


def test_evidence_before_the_first_seed_makes_a_report_too(build, make_evidence):
    text = build(evidence=make_evidence(0)).text
    assert "All 2 claims are undecided." in text
    assert "There is nothing to draw yet." in text


def test_two_figures_of_one_id_are_refused(build, make_study, figures):
    with pytest.raises(ValueError, match="figures of the same id"):
        build(make_study(figures=(figures[0], figures[0])))
