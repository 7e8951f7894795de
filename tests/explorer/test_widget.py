import base64
import json
import queue
from pathlib import Path

import pytest

from explorer import browsing
from explorer.browsing import Visit
from ontogeny.errors import OntogenyError
from ontogeny.explorer import notebook
from ontogeny.explorer import widget as widgets
from ontogeny.explorer.bundle import bundle
from ontogeny.explorer.offline import report_page
from ontogeny.explorer.relay import Relay
from ontogeny.explorer.widget import PageWidget

CELL = """<!doctype html><title>A cell</title><body data-jp-theme-light="false"><div></div>
<script type="application/json" id="state">{state}</script>
<script type="module">
  const {{ default: widget }} = await import("data:text/javascript;base64,{script}")
  const state = JSON.parse(document.getElementById("state").textContent)
  const heard = new Set()
  const model = {{
    get: (name) => state[name],
    send: async (asked) => {{ const told = await relay(asked); heard.forEach((hear) => hear(told)) }},
    on: (name, hear) => name === "msg:custom" && heard.add(hear),
    off: (name, hear) => heard.delete(hear),
  }}
  window.remove = widget.render({{ model, el: document.querySelector("div") }})
</script>"""
"""As much of a notebook as the widget's script can tell from one."""


def test_what_the_frame_asks_is_answered_from_the_store(store, monkeypatch):
    told = queue.Queue()
    widget = PageWidget("<iframe></iframe>", store)
    monkeypatch.setattr(widget, "send", told.put)
    asked = {"number": 0.25, "method": "GET", "path": "/api/about", "body": None}
    widget._handle_msg({"content": {"data": {"method": "custom", "content": asked}}, "buffers": []})
    answer = told.get(timeout=60)
    assert (answer["number"], answer["status"]) == (0.25, 200)
    assert json.loads(answer["text"])["store"] == str(store)


def test_the_script_comes_with_the_widget(store):
    widget = PageWidget("<iframe></iframe>", store)
    assert widget.get_state()["frame"] == "<iframe></iframe>"
    assert "postMessage" in widget.get_state()["_esm"]
    assert notebook.WIDGET in widget._repr_mimebundle_()[0]


@pytest.mark.slow
def test_a_head_is_silenced_in_a_notebook_and_nothing_leaves_it(store, explorer, folder, tmp_path, monkeypatch):
    def refused(request):
        raise OntogenyError(f"no {request.kind} today")

    monkeypatch.setattr(explorer, "start", refused)
    frame = notebook._framed("toy_study", report_page(notebook._live(bundle("toy_study", store))))
    script = base64.b64encode(Path(widgets.__file__).with_name("widget.js").read_bytes()).decode()
    cell = tmp_path / "cell.html"
    cell.write_text(CELL.format(state=json.dumps({"frame": frame}).replace("<", "\\u003c"), script=script))
    relay, asked, requested = Relay(explorer), [], []

    def answered(one):
        asked.append(one)
        told = queue.Queue()
        relay.ask(one, told.put)
        return told.get(timeout=60)

    with browsing.browser() as chromium:
        visit = Visit(chromium, cell.as_uri())
        visit.page.on("request", lambda request: requested.append(request.url))
        visit.page.expose_function("relay", answered)
        visit.open("", "iframe")
        page = visit.page.frame_locator("iframe")
        page.locator("figure svg[role=img]").wait_for()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        page.get_by_role("button", name="Run it here").click()
        page.get_by_role("alert").filter(has_text="no study today").wait_for()
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Look inside").click()
        page.get_by_role("combobox", name="Model").select_option(f"run:karel/{folder.name}")
        page.get_by_role("button", name="Layer 2, head 1: ablate").click()
        page.locator("th:has-text('without')").wait_for()
        assert page.get_by_role("alert").count() == 0
        assert [one["method"] for one in asked if one["path"].endswith("/inspect")] == ["POST"]

        before = len(asked)
        visit.page.evaluate("postMessage({ number: 1, method: 'GET', path: '/api/about' }, '*')")  # not from the frame
        visit.page.evaluate("remove()")
        page.get_by_role("button", name="Layer 1, head 1: ablate").click()
        visit.page.wait_for_timeout(300)
        assert len(asked) == before
        visit.context.close()
    assert visit.wrong == []
    assert requested == [cell.as_uri()]
