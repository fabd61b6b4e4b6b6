from argparse import ArgumentTypeError

import pytest

from llmops_magics.command.guard import OPERATIONS, scan_exit, share, specs
from llmops_magics.errors import UsageError
from llmops_magics.guard.survey.piece import Unread
from llmops_magics.guard.survey.report import ScanReport


def report(unread=(), **severities):
    return ScanReport(
        target="t",
        target_kind="text",
        source_count=1,
        characters=1,
        detectors=(),
        idle=(),
        sources=(),
        unread=tuple(unread),
        finding_count=sum(severities.values()),
        by_kind={},
        by_severity=severities,
        started_at="",
        elapsed_ms=0.0,
    )


@pytest.mark.parametrize(
    ("fail_on", "code"), [("low", 1), ("medium", 1), ("high", 0), ("critical", 0), ("never", 0)]
)
def test_the_code_depends_on_how_bad_it_is(fail_on, code):
    assert scan_exit(report(medium=2), fail_on) == code
    assert scan_exit(report(), fail_on) == 0


def test_what_was_not_looked_at_comes_first():
    failed = report([Unread(name="a", reason="r")], critical=1)
    assert scan_exit(failed, "never") == 4
    with pytest.raises(UsageError):
        scan_exit(report(), "odd")


def test_values_are_read():
    assert specs("pii, classifier:a/b,") == ("pii", "classifier:a/b")
    assert (share("2%"), share("0.02")) == (0.02, 0.02)
    for wrong in ("-1", "x", "101%"):
        with pytest.raises(ArgumentTypeError):
            share(wrong)
    with pytest.raises(ArgumentTypeError):
        specs(" ,")


def test_every_operation_has_an_example_that_parses():
    import argparse
    import shlex

    for operation in OPERATIONS.values():
        parser = argparse.ArgumentParser(exit_on_error=False)
        operation.add_arguments(parser)
        name, *words = shlex.split(operation.example)
        assert name == operation.name
        parser.parse_args(words)
