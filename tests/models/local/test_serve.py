from __future__ import annotations

from llmops_magics.models.local.serve import SETTINGS, Order, read_load
from llmops_magics.models.local.watch import Load

METRICS = """# HELP llamacpp:prompt_tokens_total Number of prompt tokens processed
# TYPE llamacpp:prompt_tokens_total counter
llamacpp:prompt_tokens_total 30
llamacpp:tokens_predicted_total 12
llamacpp:requests_processing 1
llamacpp:requests_deferred 2
"""


def test_the_load_is_read_from_metrics() -> None:
    assert read_load(METRICS) == Load(active=3, done=42.0)


def test_the_settings_keep_the_door_shut() -> None:
    assert SETTINGS["hostnames"] == ["127.0.0.1"]
    assert SETTINGS["cors_origins"] == ""
    assert not SETTINGS["ui"]
    assert not SETTINGS["endpoint_slots"]


def test_an_order_does_not_show_its_key() -> None:
    order = Order(
        folder="f", model="m", path="p", api_key="secret", threads=1, idle_s=1, grace_s=1, poll_s=1
    )
    assert "secret" not in repr(order)
