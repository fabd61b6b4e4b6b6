"""No text of a record, whatever it holds, becomes markup of its own."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import access_records
import approval_records
import audit_records
import cause_records
import corpus_records
import cost_records
import dataset_records
import dossier_records
import front_records
import gate_records
import guard_records
import index_records
import metric_records
import prompt_records
import pytest
import redteam_records
import relevance_records
import retrieval_records
import review_records
import rollout_records
import routing_records
import sweep_records
import trace_records
import view_records as records

from llmops_magics import views
from llmops_magics.evals.power import PowerReport
from llmops_magics.record import VIEWS
from llmops_magics.release.gate.result import Verdict
from llmops_magics.views.case import sample_detail
from llmops_magics.views.markup import ATTRIBUTES, TAGS
from llmops_magics.views.style import PROPERTIES

PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "handler": '"><b onerror="alert(1)" onmouseover=alert(1)>',
    "link": '<a href="javascript:alert(1)">x</a>',
    "break out": "</details></td></tr></table></div><style>*{display:none}</style>",
    "image": '![x](http://192.0.2.1/x.png) <img src=x onerror="alert(1)">',
    "bidi": "abc\u202edef\u2066\u200b",
    "control": "a\x00b\x1b[31mred\x07\x85",
    "surrogate": "half \ud83d of one",
    "template": "{{ x }}<svg onload=alert(1)>{% raw %}{# <iframe> #}",
    "attribute": "' onclick='alert(1)' style='x:expression(1)",
    "long": "<i>" * 9000,
}


class Reader(HTMLParser):
    VOID = frozenset({"br", "hr", "img", "input", "meta", "link"})

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.values, self.words, self.open = set(), set(), [], [], []
        self.pictures = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.pictures.append(dict(attrs))
            return
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values += [value or "" for name, value in attrs if name != "title"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert tag in self.VOID or self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return "".join(self.words)


def every_record(t):
    samples = (records.sample(t=t, value=False), records.sample("c2", t=t, error=t))
    beside = records.comparison(t, regressed=(t,))
    attributes = {
        t: t,
        "llmops.cost.usd": t,
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.input.messages": f'[{{"role": "user", "parts": [{{"content": 1}}]}}] {t}',
        "gen_ai.output.messages": [{"role": t, "parts": [{"type": "text", "content": t}]}],
        "error.type": t,
    }
    span = records.span(name=t, status="error", attributes=attributes)
    return [
        records.eval_run(samples, t=t, beside=beside),
        beside,
        records.prompt_version(t),
        records.prompt_diff(t),
        records.trace([span], t=t),
        records.gate_decision(t, Verdict.INCONCLUSIVE),
        records.gate_result(t),
        records.gate_result(t, decision=None, verdict=None, exit_code=4),
        records.full_version(t),
        records.full_version(t, diff=None),
        *prompt_records.every_record(t),
        *dataset_records.every_record(t),
        *front_records.every_record(t),
        *metric_records.every_record(t),
        *trace_records.every_record(t),
        *cost_records.every_record(t),
        *access_records.every_record(t),
        *audit_records.every_record(t),
        *approval_records.every_record(t),
        *cause_records.every_record(t),
        *corpus_records.every_record(t),
        *dossier_records.every_record(t),
        *gate_records.every_record(t),
        *guard_records.every_record(t),
        *index_records.every_record(t),
        *redteam_records.every_record(t),
        *rollout_records.every_record(t),
        *relevance_records.every_record(t),
        *retrieval_records.every_record(t),
        *sweep_records.every_record(t),
        *routing_records.every_record(t),
        review_records.review_report(t),
        records.calibration(t, granted=False),
        PowerReport(power=0.8, error=0.05, scores=(), unknown=(t,)),
    ]


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_no_text_becomes_markup(payload):
    for record in every_record(payload):
        html = VIEWS[record.kind].html(record)
        read = Reader(html)
        assert read.tags <= TAGS
        assert read.attributes <= ATTRIBUTES
        assert not read.open
        assert not any(re.search(r"javascript:|expression|url\(", value) for value in read.values)
        for picture in read.pictures:
            assert picture.keys() == {"src", "alt", "width", "style"}
            assert re.fullmatch("data:image/png;base64,[A-Za-z0-9+/]+=*", picture["src"])
            assert picture["style"] == "max-width:100%"
        html.encode("utf-8")


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_plain_text_holds_no_control_or_direction_character(payload):
    for record in every_record(payload):
        shown = VIEWS[record.kind].text(record)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e\u2066\ud800-\udfff]", shown)


def test_the_detail_of_a_hostile_sample_is_inert():
    for payload in PAYLOADS.values():
        sample = records.sample(t=payload)
        beside = records.comparison(payload)
        read = Reader(sample_detail(records.eval_run([sample], t=payload, beside=beside), sample))
        assert read.tags <= TAGS


def test_hidden_characters_are_named():
    for record in every_record(PAYLOADS["bidi"]):
        if record.kind == "cache-change":  # shows numbers alone
            continue
        assert "<U+202E>" in Reader(VIEWS[record.kind].html(record)).text


def test_a_page_around_a_hostile_view_has_only_its_own_head():
    body = VIEWS["trace"].html(records.trace(t=PAYLOADS["script"]))
    page = views.html_document("</title><script>", body)
    assert "<script" not in page
    assert page.count("</title>") == 1


def test_a_sanitiser_with_our_vocabulary_keeps_every_view_as_it_is():
    from bleach import clean
    from bleach.css_sanitizer import CSSSanitizer

    css = CSSSanitizer(allowed_css_properties=PROPERTIES)
    tags, attributes = TAGS | {"img"}, {"*": list(ATTRIBUTES), "img": ["src", "alt", "width"]}
    for record in every_record("plain"):
        html = VIEWS[record.kind].html(record)
        kept = clean(html, tags=tags, attributes=attributes, css_sanitizer=css, protocols=["data"])
        assert Reader(kept).text == Reader(html).text
        assert _declarations(kept) == _declarations(html)
        assert [p["src"] for p in Reader(kept).pictures] == [
            p["src"] for p in Reader(html).pictures
        ]


def _declarations(html):
    styles = [value for value in Reader(html).values if ":" in value]
    return [re.sub(r"\s*([:;,])\s*", r"\1", style).rstrip(";") for style in styles]


def test_every_kind_has_a_view_and_a_whole_bundle():
    shown = every_record("plain")
    assert {record.kind for record in shown} == set(VIEWS)
    for record in shown:
        bundle = record._repr_mimebundle_()
        assert {"text/plain", "text/html", record.mime_type()} == set(bundle)


LONG = "<i>& word " * 5_000  # 45 kB


def test_no_record_makes_a_view_of_more_than_a_megabyte_and_each_says_what_it_leaves_out():
    for record in every_record(LONG):
        bundle = record._repr_mimebundle_()
        html = bundle["text/html"]
        read = Reader(html)
        assert not read.open
        assert len(html.encode()) < 1_010_000
        assert len(bundle["text/plain"].encode()) < 260_000
        if record.kind != "gate-decision":
            assert len(json.dumps(bundle[record.mime_type()])) < 1_200_000
        if len(html) > 500_000:
            assert "more characters in the record" in read.text or ".to_dict()" in read.text


def test_ten_thousand_rows_are_shown_in_part():
    attributes = {"note": "<b>" * 300}
    spans = [records.span(name=f"s{n}", attributes=attributes) for n in range(10_000)]
    for record in (records.trace(spans), records.eval_run([records.sample(t=LONG)] * 10_000)):
        bundle = record._repr_mimebundle_()
        assert len(bundle["text/html"].encode()) < 1_010_000
        assert not Reader(bundle["text/html"]).open
        assert len(json.dumps(bundle[record.mime_type()])) < 1_200_000
