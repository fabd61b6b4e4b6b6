"""What a model wrote, in a real browser: no view of a record runs it or loads anything for it."""

from __future__ import annotations

import pytest
import view_records
from surface_page import MARK, PAYLOADS, REMOTE, Page
from test_hostile import every_record

from llmops_magics.views import html_document
from llmops_magics.views.case import sample_detail
from llmops_magics.views.markup import Markup

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture
def page(browser):
    opened = Page(browser)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "html",
    [
        f"<script>{MARK}</script>",
        f"<img src=x onerror={MARK}>",
        f"<img src='{REMOTE}'>",
        f"<meta http-equiv=refresh content='0;url={REMOTE}'>",
        f"<p onmouseover={MARK}>x</p>",
        f"<details ontoggle={MARK}>x</details>",
    ],
)
def test_the_page_tells_when_something_runs(page, html):
    page.show(html)
    assert page.harm


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_no_view_runs_or_loads_anything(page, payload):
    """Without the security policy of our own pages: escaping alone has to do.

    ``test_hostile`` sees to it that ``every_record`` has one of every registered kind.
    """
    sample = view_records.sample(t=payload)
    run = view_records.eval_run([sample], t=payload)
    cells = [record._repr_mimebundle_()["text/html"] for record in every_record(payload)]
    assert len(cells) > 60
    page.show("<hr>".join([*cells, sample_detail(run, sample)]))
    assert page.harm == []


def test_a_page_of_ours_has_a_policy_that_holds_where_escaping_would_not(page):
    raw = "".join(PAYLOADS[name] for name in ("script", "handlers", "links", "remote"))
    page.show(html_document("x", Markup(raw)))
    assert page.harm == []
