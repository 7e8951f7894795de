import html
import re
import sys
from types import SimpleNamespace

import pytest
from ipywidgets.widgets import widget as widgets

import toy_study
from ontogeny.explorer import notebook, offline

HOSTILE = '"><img src=x onerror=alert(1)>'


def test_findings_show_the_page_of_their_own_evidence(store):
    found = toy_study.study.run("laptop", 3, store=store, workers=1)._repr_mimebundle_()
    inside = re.search(r'srcdoc="([^"]*)"', found["text/html"])
    assert inside is not None
    page = html.unescape(inside[1])
    assert '"/api/studies/toy_study?preset=laptop"' in page
    assert '"preset":"laptop"' in page
    assert 'sandbox="allow-scripts' in found["text/html"]
    assert "allow-same-origin" not in found["text/html"]
    assert found["text/plain"] == "toy_study: The only claim is reproduced."


def test_a_study_shows_what_there_is_of_it(store, monkeypatch):
    monkeypatch.chdir(store.parent)
    found = toy_study.study._repr_mimebundle_()
    assert "Weights have a size." in html.unescape(found["text/html"])
    assert "| Weights have a size. | Section 1 | 1.0 |" in found["text/markdown"]


def test_without_a_place_or_a_page_the_claims_are_a_table(store, tmp_path, monkeypatch):
    findings = toy_study.study.run("laptop", 3, store=store, workers=1)
    rows = findings.rows
    assert "text/html" not in toy_study.study.judge(findings.evidence)._repr_mimebundle_()
    assert "no evidence" in notebook.shown("toy_study", tmp_path / "none", "laptop", rows)["text/markdown"]
    monkeypatch.setattr(offline, "STATIC", tmp_path)
    found = notebook.shown("toy_study", store, "laptop", rows)
    assert "text/html" not in found
    assert "npm run build" in found["text/markdown"]


def test_names_cannot_become_markup():
    framed = notebook._framed(HOSTILE, f"<p>{HOSTILE}</p>")
    assert "<img" not in framed
    assert framed.count("<iframe") == 1


@pytest.fixture
def kernel(monkeypatch):
    """As if this were the kernel of a notebook."""
    shell = SimpleNamespace(kernel="a kernel")
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return shell


def test_in_a_kernel_the_live_page_comes_first(store, request):
    findings = toy_study.study.run("laptop", 3, store=store, workers=1)
    before = findings._repr_mimebundle_()
    request.getfixturevalue("kernel")
    found = findings._repr_mimebundle_()
    assert list(found) == [notebook.WIDGET, *before]
    view = found.pop(notebook.WIDGET)
    assert found == before
    page = html.unescape(widgets._instances[view["model_id"]].frame)
    assert '"live":true' in page
    assert '"live":true' not in html.unescape(before["text/html"])
    assert '"/api/glossary":' in page
    assert '"/api/about":' not in page


def test_what_nobody_could_show_is_not_offered(kernel, monkeypatch):
    assert notebook.can_be_live()
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    assert not notebook.can_be_live()
    monkeypatch.delitem(sys.modules, "google.colab")
    del kernel.kernel  # a terminal
    assert not notebook.can_be_live()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert not notebook.can_be_live()


@pytest.mark.parametrize("missing", ["anywidget", "fastapi"])
def test_without_the_extra_everything_is_as_before(kernel, store, monkeypatch, missing):
    monkeypatch.setattr(notebook, "find_spec", lambda name: None if name == missing else name)
    assert list(notebook.shown("toy_study", store, "laptop", [])) == ["text/plain", "text/markdown", "text/html"]
