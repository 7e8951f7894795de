"""The page as one file: script, style and answers inside it. It opens from disk and reaches nothing else."""

import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ontogeny.errors import OntogenyError

STATIC = Path(__file__).parent / "static"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<div id="app"></div>
<script type="application/json" id="ontogeny-bundle">{answers}</script>
<script>{script}</script>
</body>
</html>
"""
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)


def report_page(bundle: Mapping[str, Any]) -> str:
    """One HTML file that shows a study and what a bundle carries of its runs.

    `bundle` is plain data: kind "ontogeny-bundle", version 1, study, preset, and responses, each answer of the API
    under its address. Nothing in it can become markup.

    Raises:
        OntogenyError: the built page is not there.
    """
    return _PAGE.format(
        policy=_POLICY,
        title=html.escape(f"{bundle['study']} at {bundle['preset']} · Ontogeny"),
        style=_part("app.css").replace("</", "<\\/"),
        # A script element ends at the first of these, wherever in the script it stands.
        script=re.sub(r"<(?=/script|!--)", r"\\x3C", _part("app.js"), flags=re.IGNORECASE),
        answers=json.dumps(bundle, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"),
    )


def _part(name: str) -> str:
    path = STATIC / name
    if not path.is_file():
        raise OntogenyError(f"the explorer's page is not built ({path} is missing): npm ci && npm run build in web/")
    return path.read_text(encoding="utf-8")
