from llmops_magics.monitoring.exposition import Exposition, exposition
from llmops_magics.monitoring.record import Monitor
from llmops_magics.tracing.retention import prune

GOLDEN = """\
# HELP llmops_calls_total Model calls, by how they ended.
# TYPE llmops_calls_total counter
llmops_calls_total{model="openai/a",purpose="eval",prompt="p",status="ok"} 2
llmops_calls_total{model="we\\"ird\\\\mo\\ndel",purpose="(none)",prompt="(none)",status="error"} 1
# HELP llmops_call_failures_total Failures of model calls, by class.
# TYPE llmops_call_failures_total counter
llmops_call_failures_total{model="we\\"ird\\\\mo\\ndel",purpose="(none)",failure="timeout"} 1
"""


def filled(calls):
    eval_call = {"prompt": "p@1", "purpose": "eval", "cost": "0.0012"}
    calls(250.0, tokens=10, first_s=0.04, **eval_call)
    calls(0.1, hit=True, **(eval_call | {"prompt": "p@2"}))
    calls(70_000.0, model='we"ird\\mo\ndel', ok=False, error="ModelTimeoutError")


def test_the_beginning_is_written_as_the_format_says(store, calls):
    filled(calls)
    assert exposition(store).startswith(GOLDEN)


def test_prometheus_own_parser_reads_it(store, calls):
    from prometheus_client.parser import text_string_to_metric_families

    filled(calls)
    monitors = [Monitor(id=1, name="slow", rule="", min_calls=1, actor="", at="", state="alert")]
    families = {f.name: f for f in text_string_to_metric_families(exposition(store, monitors))}
    assert {f.type for f in families.values()} == {"counter", "gauge", "histogram"}
    samples = {
        (s.name, *sorted(s.labels.items())): s.value for f in families.values() for s in f.samples
    }
    served = (("model", "openai/a"), ("purpose", "eval"))
    duration = "llmops_call_duration_seconds"
    assert samples[f"{duration}_count", *served] == 1  # the hit is no call to an endpoint
    assert samples[f"{duration}_sum", *served] == 0.25
    assert samples[f"{duration}_bucket", ("le", "0.1"), *served] == 0
    assert samples[f"{duration}_bucket", ("le", "0.25"), *served] == 1  # at most the bound
    assert samples[f"{duration}_bucket", ("le", "+Inf"), *served] == 1
    labels = (served[0], ("prompt", "p"), served[1])
    assert samples["llmops_cost_usd_total", *labels] == 0.0024
    assert samples["llmops_tokens_total", ("direction", "input"), *labels] == 10
    assert samples["llmops_cache_hits_total", *labels] == 1
    assert samples["llmops_monitor_state", ("monitor", "slow"), ("state", "alert")] == 1
    assert samples["llmops_monitor_state", ("monitor", "slow"), ("state", "ok")] == 0
    assert samples["llmops_last_call_timestamp_seconds",] == 1_900_000_000 - 60
    weird = [s.labels["model"] for s in families["llmops_call_failures"].samples]
    assert weird == ['we"ird\\mo\ndel']


def test_names_have_units_and_every_family_its_help_and_type(store, calls):
    filled(calls)
    lines = exposition(store).splitlines()
    helped = [line.split()[2] for line in lines if line.startswith("# HELP ")]
    typed = {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE ")}
    assert helped == list(typed)
    assert all(name.endswith("_total") for name, kind in typed.items() if kind == "counter")
    assert all(name.endswith("_seconds") for name, kind in typed.items() if kind == "histogram")


def test_nothing_stored_is_nothing():
    assert Exposition().text() == ""


def test_nothing_falls_when_traces_are_pruned(store, calls):
    calls(250, prompt="p@1", purpose="eval", cost="0.0024", tokens=10, first_s=0.2)
    calls(3000, hit=True, cost="0", **{"llmops.retries": 2, "gen_ai.provider.name": "openai"})
    calls(20, ok=False, error="CancelledError")
    calls(9000, ok=False, error="RateLimitError", model="b", **{"gen_ai.provider.name": "openai"})
    calls(70, finish=["length"])
    before = exposition(store)
    assert prune(store, calls.now_ns, dry_run=False, actor="ada").spans == 5
    pruned = exposition(store)
    assert [line for line in before.splitlines() if "last_call" not in line] == pruned.splitlines()


def test_refused_calls_have_a_counter_of_their_own(store, calls):
    calls(5, ok=False, error="BudgetExceededError", prompt="p@1")
    calls(5, ok=False, error="CostCapError", prompt="p@2")
    labels = '{model="openai/a",purpose="(none)",prompt="p"}'
    for _ in range(2):  # of the spans, and of what stays of them
        text = exposition(store)
        assert f"llmops_refused_calls_total{labels} 2" in text.splitlines()
        assert "llmops_calls_total" not in text
        assert "llmops_call_failures_total" not in text
        prune(store, calls.now_ns, dry_run=False, actor="ada")
