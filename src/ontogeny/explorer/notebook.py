"""A study in a notebook: the explorer's page of it in a frame; the claims as a table where no frame is shown."""

import html
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ontogeny.atlas.ledger import claims_markdown
from ontogeny.atlas.words import verdict_counts
from ontogeny.claims import once_each
from ontogeny.errors import OntogenyError

HEIGHT = 720
"""Pixels of the frame."""
WIDGET = "application/vnd.jupyter.widget-view+json"


def shown(study: str, store: Path | None, preset: str | None, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a notebook may show, by MIME type: `text/html`, `text/markdown` and `text/plain`; it takes the richest.

    The HTML holds everything inside. Its scripts run in a frame of their own, which reaches neither the notebook nor
    the network. It is left out where there is no evidence of the study in `store` or among what is committed, and
    where the page is not built; then the notebook shows the table of claims. Where it can be live (see `can_be_live`),
    a widget comes first: the same page, which asks the kernel for what it does not carry.
    """
    found: dict[str, Any] = {
        "text/plain": f"{study}: {verdict_counts(once_each(rows))}",
        "text/markdown": claims_markdown(rows),
    }
    if store is not None:
        from ontogeny.explorer.bundle import bundle
        from ontogeny.explorer.offline import report_page

        try:
            carried = bundle(study, store, preset)
            found["text/html"] = _framed(study, report_page(carried))
        except OntogenyError as error:
            found["text/markdown"] += f"\n*The study's page could not be shown: {html.escape(str(error))}*\n"
        else:
            if can_be_live():
                found = {WIDGET: _widget(_framed(study, report_page(_live(carried))), store)} | found
    return found


def can_be_live() -> bool:
    """Whether this is the kernel of a notebook, and the extra `notebook` is installed.

    Scripts, tests and IPython in a terminal have nobody who could show a widget, and Colab takes its widgets from
    another host.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    kernel = getattr(shell, "kernel", None) is not None and "google.colab" not in sys.modules
    return kernel and all(map(find_spec, ("anywidget", "fastapi")))


def _live(carried: Mapping[str, Any]) -> dict[str, Any]:
    """A bundle for a page that can ask. What a bundle does not tell of the machine is asked for as well."""
    answers = {address: answer for address, answer in carried["responses"].items() if address != "/api/about"}
    return {**carried, "live": True, "responses": answers}


def _widget(frame: str, store: Path) -> dict[str, Any]:
    from ontogeny.explorer.widget import PageWidget

    return {"version_major": 2, "version_minor": 0, "model_id": PageWidget(frame, store).model_id}


def _framed(study: str, page: str) -> str:
    return (
        f'<iframe title="{html.escape(study)}" sandbox="allow-scripts allow-downloads allow-popups" '
        f'style="width: 100%; height: {HEIGHT}px; box-sizing: border-box; border: 1px solid #8888; border-radius: 8px" '
        f'srcdoc="{html.escape(page)}"></iframe>'
    )
