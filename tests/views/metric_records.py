"""Metrics and monitors for the views' tests."""

from __future__ import annotations

from decimal import Decimal

from llmops_magics.monitoring.metrics import CallMetrics, Metrics, Moment
from llmops_magics.monitoring.record import (
    Monitor,
    MonitorBanner,
    MonitorCheck,
    MonitorEdit,
    MonitorList,
    MonitorView,
    Notice,
    Observation,
    StateChange,
)

AT = "2030-01-31T09:15:00.000000Z"


def group(key="openai/a", **changes):
    fields = {
        "key": key, "calls": 40, "errors": 2, "cancelled": 0, "error_rate": 0.05,
        "error_low": 0.014, "error_high": 0.165, "timed_calls": 36, "mean_ms": 700.0,
        "refused": 0, "pruned_calls": 0,
        "p50_ms": 640.0, "p95_ms": 2100.0, "p99_ms": 30_000.0, "max_ms": 30_000.0,
        "first_token_calls": 0, "first_token_p50_ms": None, "first_token_p95_ms": None,
        "input_tokens": 12_000, "output_tokens": 900, "cached_input_tokens": 0,
        "unmetered_calls": 0, "cost_usd": Decimal("0.42"), "unpriced_calls": 0,
        "saved_usd": Decimal(0), "cache_hits": 4, "retries": 0, "failures": {"timeout": 2},
    }  # fmt: skip
    return CallMetrics(**(fields | changes))


def metrics(t="openai/a", **changes):
    steps = [
        Moment(at=f"2030-01-31T0{hour}:00:00.000000Z", calls=hour, errors=hour % 2,
               p50_ms=hour * 100.0, p95_ms=hour * 400.0)
        for hour in range(1, 9)
    ]  # fmt: skip
    steps[3] = Moment(at=steps[3].at, calls=0, errors=0, p50_ms=None, p95_ms=None)
    fields = {
        "since": AT, "until": AT, "by": "model", "where": {"prompt": t}, "total": group("total"),
        "groups": (group(t), group("b")), "models": (group(t), group("b", cost_usd=Decimal(0),
        unpriced_calls=3)), "moments": tuple(steps), "step_s": 3600,
    }  # fmt: skip
    return Metrics(**(fields | changes))


def observation(**changes):
    fields = {"state": "alert", "value": 5210.0, "calls": 40, "reason": "beyond the bound",
              "since": AT, "until": AT}  # fmt: skip
    return Observation(**(fields | changes))


def monitor(t="slow", **changes):
    fields = {
        "id": 1, "name": t, "rule": f"p95(latency_ms)[prompt={t}] > 4000 over 15m",
        "min_calls": 20, "actor": t, "at": AT, "state": "alert", "state_since": AT,
        "observation": observation(), "ways": (t,),
    }  # fmt: skip
    return Monitor(**(fields | changes))


def change(t="slow"):
    return StateChange(id=1, monitor=t, rule=monitor(t).rule, before="ok", state="alert",
                       observation=observation(reason=t), actor=t, at=AT)  # fmt: skip


def every_record(t="plain"):
    edit = {"name": t, "rule": t, "min_calls": 20, "actor": t, "at": AT, "ways": (t,)}
    return [
        metrics(t, groups=(group(t, failures={t: 1}), group("b")), total=group(failures={t: 2})),
        MonitorList(monitors=(monitor(t),)),
        MonitorView(monitor=monitor(t), now=observation(reason=t), changes=(change(t),),
                    total_changes=3),
        MonitorEdit(action="added", **edit),
        MonitorCheck(at=AT, monitors=(monitor(t),), changes=(change(t),),
                     notices=(Notice(monitor=t, state="alert", way=t, problem=t),)),
        MonitorBanner(changes=(change(t),)),
    ]  # fmt: skip
