"""A study in a notebook: the explorer's page of it in a frame; the claims as a table where no frame is shown."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ontogeny.atlas.ledger import claims_markdown
from ontogeny.atlas.words import verdict_counts
from ontogeny.errors import OntogenyError

HEIGHT = 720
"""Pixels of the frame."""


def shown(study: str, store: Path | None, preset: str | None, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What a notebook may show, by MIME type: `text/html`, `text/markdown` and `text/plain`; it takes the richest.

    The HTML holds everything inside. Its scripts run in a frame of their own, which reaches neither the notebook nor
    the network. It is left out where there is no evidence of the study in `store` or among what is committed, and
    where the page is not built; then the notebook shows the table of claims.
    """
    found = {"text/plain": f"{study}: {verdict_counts(rows)}", "text/markdown": claims_markdown(rows)}
    if store is not None:
        from ontogeny.explorer.bundle import bundle
        from ontogeny.explorer.offline import report_page

        try:
            found["text/html"] = _framed(study, report_page(bundle(study, store, preset)))
        except OntogenyError as error:
            found["text/markdown"] += f"\n*The study's page could not be shown: {html.escape(str(error))}*\n"
    return found


def _framed(study: str, page: str) -> str:
    return (
        f'<iframe title="{html.escape(study)}" sandbox="allow-scripts allow-downloads allow-popups" '
        f'style="width: 100%; height: {HEIGHT}px; border: 1px solid #8888; border-radius: 8px" '
        f'srcdoc="{html.escape(page)}"></iframe>'
    )
