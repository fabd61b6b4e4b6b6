from __future__ import annotations

import re
from pathlib import Path

import pytest

import llmops_magics
from llmops_magics.audit.trail import append, verify
from llmops_magics.errors import AuditError
from llmops_magics.record import VIEWS
from llmops_magics.release.mapping.evidence import SOURCES, Period
from llmops_magics.release.mapping.framework import ORDER, chosen, frameworks
from llmops_magics.release.mapping.report import mapping_report
from llmops_magics.views.mapping import mapping_report_page

CLAIM = re.compile(r"compl(?:y|ies|iant|iance|ied)|conforms|fulfil|certified", re.IGNORECASE)
FOLDER = Path(llmops_magics.__file__).parent / "release" / "mapping"


@pytest.fixture
def report(store):
    def make(*actions, told=None, **options):
        with store.write() as connection:
            for action in actions:
                append(connection, actor="jo", action=action, resource="r", body={})
        with store.read() as connection:
            return mapping_report(
                connection,
                workspace="shop",
                actor="jo",
                trail=verify(connection),
                told=told or {},
                **options,
            )

    return make


def requirement(report, id_):
    return next(r for f in report.frameworks for r in f.requirements if r.id == id_)


def test_every_framework_is_dated_and_names_its_source():
    assert tuple(each.id for each in frameworks()) == ORDER
    for framework in frameworks():
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", framework.read_on)
        assert framework.source.startswith("https://")
        for each in framework.requirements:
            assert set(each.records) <= set(SOURCES), each.id
            assert each.records or each.elsewhere


def test_every_kind_of_record_is_asked_for_by_some_requirement():
    used = {name for f in frameworks() for r in f.requirements for name in r.records}
    assert used == set(SOURCES)


def test_the_articles_that_were_asked_for_are_there():
    said = " ".join(r.id for r in frameworks()[0].requirements)
    for article in ("12(1)", "14", "19", "26"):
        assert article in said


def test_what_is_there_is_told_apart_from_what_is_missing(report):
    made = report("prompt.register", "gate.run", "gate.run", ids=("soc-2",))
    change = requirement(made, "CC8.1")
    counts = {each.source: each.count for each in made.of(change)}
    assert (counts["versions"], counts["gates"], counts["approvals"]) == (1, 2, 0)
    assert made.state(change) == "partly"
    assert made.state(requirement(made, "CC7.2")) == "no records"
    assert [event.seq for event in made.examples] == [1, 2, 3]


def test_a_check_that_failed_is_no_record(report):
    broken = report("prompt.register", told={"chain": "", "retention": "events for 10 days"})
    logs = requirement(broken, "Art. 12(1)")
    assert [each.is_there for each in broken.of(logs)] == [True, False, False]


def test_a_period_leaves_out_what_was_before(report):
    made = report("prompt.register", period=Period(since="2999-01-01T00:00:00.000000Z"))
    assert made.evidence["versions"].count == 0


def test_an_unknown_framework_is_named():
    with pytest.raises(AuditError, match="no mapping to 'x'"):
        chosen(("x",))


def test_nothing_ever_says_that_a_requirement_is_met(report):
    made = report("prompt.register")
    texts = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))]
    texts += [mapping_report_page(made), VIEWS["mapping-report"].text(made)]
    for text in texts:
        assert not re.search(
            r"compl(?:y|ies|iant|iance|ied)|conforms|fulfil|certified", text, re.IGNORECASE
        )


def test_the_page_is_static_and_loads_nothing(report):
    page = mapping_report_page(report("prompt.register"))
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<iframe|<a |<img|javascript:|\son\w+=", page)
