from decimal import Decimal

from metric_records import group, metrics

from llmops_magics.views.metrics import metrics_html, metrics_text


def test_a_row_a_group_and_the_total_in_a_terminal():
    lines = metrics_text(metrics()).splitlines()
    assert lines[0] == "Metrics · 40 model calls"
    assert " ".join(lines[2].split()) == "model calls errors p50 p95 p99 tokens cost cached"
    cells = "openai/a 40 5.0% 640 ms 2.1 s 30.0 s 12k / 900 $0.42 10.0%"
    assert " ".join(lines[3].split()) == cells
    assert lines[5].split()[0] == "total"
    assert lines[6] == "  failures: timeout 2"
    assert max(map(len, lines)) <= 100


def test_what_is_unknown_is_said_to_be():
    unknown = group(cost_usd=Decimal(0), unpriced_calls=3, unmetered_calls=40, input_tokens=0,
                    output_tokens=0)  # fmt: skip
    partly = group("b", unpriced_calls=3)
    shown = metrics_text(metrics(groups=(unknown, partly))).splitlines()
    assert "unknown" in shown[3]
    assert "≥ $0.42" in shown[4]


def test_columns_without_anything_are_left_out_of_the_page():
    html = metrics_html(metrics())
    assert "first token" not in html
    assert "retries" not in html
    assert "1.4% to 16.5%" in html
    assert "<img" not in html


def test_plots_stand_in_the_page_with_words_of_their_own():
    html = metrics_html(metrics(is_plotted=True))
    assert html.count('<img src="data:image/png;base64,') == 3
    assert "Overall p50 640 ms, p95 2.1 s; the highest p95, 3.2 s, is at 2030-01-31 08:00" in html
    assert "Cost by model" in html
    assert "b unknown" in html


def test_without_calls_nothing_is_drawn():
    nothing = group(calls=0, errors=0, cache_hits=0, failures={})
    html = metrics_html(metrics(is_plotted=True, total=nothing, groups=(), models=(), moments=()))
    assert "<img" not in html
    assert "0 model calls" in html


def test_what_is_refused_or_pruned_is_said():
    left = group(refused=3, pruned_calls=12, p99_ms=None)
    found = metrics(total=left, groups=(left, group("b")))
    for shown in (metrics_text(found), metrics_html(found)):
        assert "3 further calls refused by a budget or cost cap" in shown
        assert "* 12 calls are of pruned traces" in shown
        assert "640 ms *" in shown
    assert metrics_html(found).count("640 ms *") == 2  # not of b, the total too
    assert "pruned" not in metrics_text(metrics())
