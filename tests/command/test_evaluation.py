"""The line of an eval: what is read, and what cannot go together."""

from __future__ import annotations

import argparse
from decimal import Decimal

import pytest

from llmops_magics.command.evaluation import ARGUMENTS, EXAMPLES, check
from llmops_magics.command.option import settings_group
from llmops_magics.errors import UsageError

NEW = "p --data d --scorers contains"


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UsageError(message)


def parse(line):
    parser = Parser(allow_abbrev=False)
    for each in ARGUMENTS:
        each.add_to(parser)
    return parser.parse_args(line.split())


@pytest.mark.parametrize("line", [*EXAMPLES, NEW, "--rescore r --scorers contains"])
def test_a_line_that_is_complete(line):
    check(parse(line))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "TARGET is missing"),
        ("p --scorers contains", "--data is missing"),
        ("p --data d", "--scorers is missing"),
        (f"{NEW} --no-cache --replay", "contradict"),
        ("--resume r --retry-errors r", "only one of --resume, --retry-errors"),
        ("--resume r --scorers contains", "--resume goes without --scorers"),
        ("--resume r --model m --aa", "--resume goes without --model, --aa"),
        ("--resume r --plan", "goes without --plan"),
        ("--retry-errors r --baseline p", "--retry-errors goes without --baseline"),
        ("--rescore r", "--rescore goes with --scorers"),
        ("--rescore r --scorers contains --data d", "goes without --data"),
        ("p,q --data d --scorers contains --aa", "--aa goes with one target"),
        (f"{NEW} --models a,b --aa", "--aa goes with one target"),
        (f"{NEW} --settings seed=1 --settings seed=2 --aa", "--aa goes with one target"),
    ],
)
def test_what_cannot_go_together_is_refused(line, said):
    with pytest.raises(UsageError, match=said):
        check(parse(line))


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--max-cost much", "no amount of US dollars"),
        ("--max-cost -1", "no amount of US dollars"),
        ("--max-cost nan", "no amount of US dollars"),
        ("--case-timeout 0", "no time in seconds"),
        ("--run-timeout inf", "no time in seconds"),
        ("--repeats 0", "whole number of 1 or more"),
        ("--concurrency -2", "no whole number|expected one argument"),
        ("--settings temperature", "not name=value"),
        ("--settings temperature=9", "from 0 to 2"),
        ("--settings tempreture=0", "Did you mean 'temperature'"),
        ("--settings seed=1,seed=2", "twice"),
    ],
)
def test_a_value_that_cannot_be_is_refused(option, said):
    with pytest.raises(UsageError, match=said):
        parse(f"{NEW} {option}")


def test_values_are_read():
    args = parse(f"{NEW} --max-cost $2.50 --case-timeout 30s --models a,b -y --repeats 3")
    assert (args.max_cost, args.case_timeout, args.models) == (Decimal("2.50"), 30.0, "a,b")
    assert (args.yes, args.repeats) == (True, 3)


def test_a_group_of_settings():
    assert settings_group("temperature=0,top_p=0.9") == {"temperature": 0, "top_p": 0.9}
    assert settings_group('stop=["a,b","c"], seed=1') == {"stop": ["a,b", "c"], "seed": 1}
