import pytest

from llmops_magics.errors import UsageError
from llmops_magics.monitoring.channel import Channel, is_loopback, parse_channel


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("webhook:https://hooks.example.com/T0/s3cret?k=1", "webhook:https://hooks.example.com"),
        ("webhook:http://127.0.0.1:8080/x", "webhook:http://127.0.0.1"),
        ("webhook:http://[::1]:8080/x", "webhook:http://::1"),
        ("webhook:$HOOK_URL", "webhook:$HOOK_URL"),
        ("command:sh -c 'echo --token s3cret'", "command:sh"),
        ("command:/bin/sh /tmp/x", "command:sh"),
    ],
)
def test_a_label_holds_nothing_secret(text, label):
    assert parse_channel(text).label == label


def test_the_notebook_is_told_anyway():
    assert parse_channel("notebook") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mail:me@example.com", "is no way to be told"),
        ("webhook:", "is no way"),
        ("command:", "is no way"),
        ("webhook:http://example.com/s3cret", "example.com would be reached without encryption"),
        ("webhook:http://127.0.0.1.example.com/", "without encryption"),
        ("webhook:http://169.254.169.254/", "without encryption"),
        ("webhook:file:///etc/passwd", "no http"),
        ("webhook:https://", "no http"),
        ("webhook:https://a:s3cret@example.com/", "holds a user or password"),
        ("webhook:https://exa mple.com/", "no http"),
        ("webhook:http://[::1", "cannot be read"),
        ("webhook:$A-B", "no environment variable"),
        ("command:no-such-program-here", "no program 'no-such-program-here'"),
        ("command:sh 'open", "cannot be split"),
    ],
)
def test_what_may_not_be_used(text, said):
    with pytest.raises(UsageError, match=said) as refused:
        parse_channel(text)
    assert "s3cret" not in str(refused.value)


def test_a_host_may_be_allowed():
    assert parse_channel("webhook:http://hub.lan/x", ["hub.lan"]).way == "webhook"


def test_a_variable_is_read_when_it_is_used_and_checked_then(monkeypatch):
    channel = Channel(way="webhook", target="$HOOK_URL")
    with pytest.raises(UsageError, match=r"\$HOOK_URL is not set"):
        channel.address(())
    monkeypatch.setenv("HOOK_URL", "sk-s3cret")
    with pytest.raises(UsageError, match="no http") as refused:
        channel.address(())
    assert "s3cret" not in str(refused.value)


def test_this_machine_by_its_name_alone():
    assert all(map(is_loopback, ("localhost", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("example.com", "10.0.0.1", "localhost.example.com")))
