"""The live parts in a real browser, their kernel answered here: no text of theirs runs."""

from __future__ import annotations

import base64
import json

import pytest
from reviewed import make_sample, rows, store_run
from surface_page import PAYLOADS, Page
from view_records import comparison, eval_run, sample

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.evals.retrieval.labelling.log import LabelLog
from llmops_magics.evals.retrieval.labelling.pool import make_pool
from llmops_magics.evals.retrieval.labelling.session import LabelSession
from llmops_magics.evals.review.session import open_review
from llmops_magics.retrieval.measure.query import Query
from llmops_magics.retrieval.passage import Passage
from llmops_magics.storage.store import Store
from llmops_magics.widgets.label import LabelWidget
from llmops_magics.widgets.review import ReviewWidget
from llmops_magics.widgets.table import ResultTable

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
HTML = """<style>{sheet}</style><div id="here"></div><script type="module">
const code = "data:text/javascript;base64,{code}";
const heard = [];
const model = {{
  on: (_, handler) => heard.push(handler), off: () => {{}}, get: () => undefined, set: () => {{}},
  save_changes: () => {{}},
  send: async (content) => {{
    const reply = JSON.parse(await window.answer(JSON.stringify(content)));
    for (const handler of heard) handler({{ ...reply, id: content.id }}, []);
  }},
}};
const widget = (await import(code)).default;
await widget.render({{ model, el: document.getElementById("here") }});
window.__open = true;
</script>"""


@pytest.fixture
def page(browser):
    opened = Page(browser)
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path}/llmops.db")
    yield opened
    opened.close()


def table(store, text):
    samples = [sample(f"c{n}{text}", t=text, error=text if n else "") for n in range(4)]
    return ResultTable(eval_run(samples, t=text, beside=comparison(text)), {})


def review(store, text):
    case = dataset_from_rows(rows(1), "fees").cases[0]
    run = store_run(store, [make_sample(case, exact=False, judged=False, output=text)])
    return ReviewWidget(open_review(store, run, add=lambda *_, **__: None, actor=lambda: text))


def label(store, text):
    passage = Passage(document_id=text, title=text, text=text, end=len(text), score=0.9, rank=1)
    pool = make_pool([Query(id="q", text=text)], {"dense": [[passage]]}, 5)
    log = LabelLog(store, "docs", actor=lambda: "ada")
    return LabelWidget(LabelSession(log, pool, name=text))


@pytest.mark.parametrize("make", [table, review, label])
@pytest.mark.parametrize("name", ["script", "handlers", "attribute", "remote", "break out"])
def test_no_text_of_a_widget_runs_or_loads_anything(page, store, make, name):
    """Everything is opened, and every button and row is pressed."""
    widget = make(store, PAYLOADS[name])
    code = base64.b64encode(widget._esm.encode()).decode()
    page.page.expose_function(
        "answer", lambda asked: json.dumps(widget.answer(json.loads(asked))[0])
    )
    page.html = HTML.format(sheet=widget._css, code=code)
    page.page.goto("http://surface.test/")
    page.page.wait_for_function("() => window.__open")
    page.page.wait_for_timeout(200)
    assert page.page.locator(".llmops-widget").inner_text()
    for row in page.page.locator(".llmops-row, summary").all():
        row.dispatch_event("click")
    page.page.keyboard.press("Enter")
    page.page.wait_for_timeout(200)
    page.touch()
    assert page.harm == []
