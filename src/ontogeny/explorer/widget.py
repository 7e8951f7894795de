"""The page in a notebook's cell, live: what it does not carry, the kernel answers (extra `notebook`)."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ontogeny.explorer.relay import relay_of


class PageWidget(anywidget.AnyWidget):
    """A frame with a page, whose requests are answered from a store. `frame`: its HTML, with the page inside."""

    _esm = Path(__file__).with_name("widget.js")
    frame = traitlets.Unicode().tag(sync=True)

    def __init__(self, frame: str, store: Path) -> None:
        super().__init__(frame=frame)
        self._relay = relay_of(store.resolve())
        self.on_msg(self._asked)

    def _asked(self, widget: Any, content: Any, buffers: Any) -> None:
        self._relay.ask(content, self.send)
