"""Help, version and usage errors of the whole command line."""

import os
import shlex
import subprocess
import sys

import pytest

from llmops_magics.cli.gate import with_run
from llmops_magics.cli.main import COMMANDS, build_parser
from llmops_magics.command.prompt import OPERATIONS

ACTIONS = (
    ("audit", "verify"),
    ("models", "pull"),
    ("models", "list"),
    ("models", "stop"),
    *(("prompt", operation) for operation in OPERATIONS),
)


@pytest.mark.parametrize("words", [*((name,) for name in COMMANDS), *ACTIONS])
def test_help_of_every_command_has_an_example(capsys, words):
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([*words, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f"example:\n  llmops {words[0]}" in shown


def test_every_example_parses(capsys):
    for words in [*((name,) for name in COMMANDS), *ACTIONS]:
        with pytest.raises(SystemExit):
            build_parser().parse_args([*words, "--help"])
        example = shlex.split(capsys.readouterr().out.split("example:\n  llmops ")[1])
        build_parser().parse_args(with_run(example))


def test_as_a_process(llmops):
    done = llmops("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "llmops")
    assert llmops().returncode == 2
    wrong = llmops("nosuch")
    assert wrong.returncode == 2
    assert "invalid choice: 'nosuch'" in wrong.stderr


def test_traceback_when_asked_for(llmops):
    done = llmops("--traceback", "gate", "nosuch")
    assert done.returncode != 0
    assert "Traceback" in done.stderr
    assert "GateUsageError" in done.stderr


def test_a_reader_that_has_enough_is_no_error(folder):
    command = [sys.executable, "-m", "llmops_magics.cli.main", "prompt", "list"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")
