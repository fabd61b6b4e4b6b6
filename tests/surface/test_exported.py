"""An executed notebook as the HTML page of an archive: whatever it holds, the page only shows."""

from __future__ import annotations

import base64

import nbformat
import pytest
from nbformat import v4
from surface_page import MARK, PAYLOADS, REMOTE, Page
from test_hostile import every_record

from llmops_magics.release.dossier.page import to_page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
MIME_TYPES = (
    "text/html",
    "text/markdown",
    "text/latex",
    "text/plain",
    "image/svg+xml",
    "application/javascript",
    "application/json",
    "application/vnd.jupyter.widget-view+json",
    "application/vnd.llmops.eval-run.v1+json",
)


@pytest.fixture
def page(browser):
    opened = Page(browser)
    yield opened
    opened.close()


def output_of(mime_type, text):
    value = {"model_id": text, "t": text} if mime_type.endswith("json") else text
    return v4.new_output("display_data", data={mime_type: value}, metadata={mime_type: {"t": text}})


def notebook_of(text):
    """A notebook with a text in every place that a program, or a model, may write to."""
    outputs = [output_of(mime_type, text) for mime_type in MIME_TYPES]
    outputs += [v4.new_output("stream", name=name, text=text) for name in ("stdout", "stderr")]
    outputs += [
        v4.new_output("error", ename=text, evalue=text, traceback=[text, f"\x1b[31m{text}\x1b[0m"])
    ]
    encoded = base64.b64encode(text.encode()).decode()
    code = v4.new_code_cell(text, outputs=outputs, metadata={"tags": [text], "t": text})
    markdown = v4.new_markdown_cell(
        f"{text}\n\n# {text}\n\n![x](attachment:a.png)\n\n```{text}\n{text}\n```",
        attachments={"a.png": {"image/svg+xml": encoded, "image/png": encoded}},
    )
    raw = [v4.new_raw_cell(text, metadata={"format": each}) for each in ("text/html", "", text)]
    metadata = {
        "title": text,
        "authors": [{"name": text}],
        "kernelspec": {"name": "python3", "display_name": text, "language": "python"},
        "language_info": {"name": "python", "pygments_lexer": text, "mimetype": text},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": {"m": text}}}},
    }
    return v4.new_notebook(cells=[markdown, code, *raw], metadata=metadata)


def without_policy(html):
    """Take the policy out: the allow-list alone has to do."""
    before, found, after = html.partition("http-equiv=")
    assert found
    return f"{before}data-was={after}"


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_no_part_of_a_notebook_runs_or_loads_anything(page, payload):
    html = to_page(notebook_of(payload), payload)
    page.show(html)
    assert page.harm == []
    page.show(without_policy(html))
    assert page.harm == []


def test_a_page_of_our_own_records_does_neither(page):
    """One record of every kind, all of whose texts are hostile, as cells show them."""
    payload = PAYLOADS["script"] + PAYLOADS["handlers"]
    outputs = [
        v4.new_output("display_data", data={"text/html": record._repr_mimebundle_()["text/html"]})
        for record in every_record(payload)
    ]
    notebook = v4.new_notebook(cells=[v4.new_code_cell("x", outputs=outputs)])
    page.show(without_policy(to_page(notebook, "x")))
    assert page.harm == []


def test_links_of_a_page_lead_out_only_when_they_are_followed(page):
    """A link in a model's answer stays one: it is shown, and nothing is asked for by showing it."""
    cell = v4.new_markdown_cell(f"[read]({REMOTE}) and <a href='{REMOTE}' ping='{REMOTE}'>this</a>")
    html = to_page(v4.new_notebook(cells=[cell]), "x")
    assert f'href="{REMOTE}"' in html
    assert "ping" not in html
    page.html = html
    page.page.goto("http://surface.test/")
    page.page.wait_for_timeout(150)
    assert page.harm == []


def test_a_notebook_that_is_hostile_is_one_that_could_be_read():
    """Or the tests above would look at nothing."""
    notebook = notebook_of(PAYLOADS["script"])
    nbformat.validate(notebook)
    assert to_page(notebook, "x").count(MARK) >= 10
