"""The workflows in the README are valid, and every command of ours in them can be parsed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from llmops_magics.cli.gate import with_run
from llmops_magics.cli.main import build_parser

README = Path(__file__).parents[1] / "README.md"
GITHUB_JOB = {"runs-on", "timeout-minutes", "steps", "env", "needs", "if", "permissions"}
GITHUB_STEP = {"uses", "run", "with", "env", "if", "name", "id"}
GITLAB_JOB = {"image", "stage", "rules", "variables", "script", "artifacts", "before_script"}


def examples():
    blocks = re.findall(r"^```yaml\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    return [block for block in blocks if "llmops gate" in block]


def commands(block):
    """The words of each of our commands, with what the service puts in replaced."""
    lines = re.findall(r"(?:run: |- )(llmops .*)$", block, re.MULTILINE)
    return [shlex.split(line)[1:] for line in lines]


@pytest.fixture
def blocks():
    found = examples()
    if not found:
        pytest.skip("the README has no workflow yet")
    return found


def test_every_command_parses(blocks):
    for block in blocks:
        assert commands(block)
        for words in commands(block):
            build_parser().parse_args(with_run(words))


def test_the_workflow_of_github_has_its_parts(blocks):
    [body] = [yaml.safe_load(block) for block in blocks if "runs-on" in block]
    assert {"name", "jobs", True} <= body.keys()  # YAML 1.1 reads `on` as a boolean
    for job in body["jobs"].values():
        assert job.keys() <= GITHUB_JOB
        for step in job["steps"]:
            assert step.keys() <= GITHUB_STEP
            assert ("uses" in step) != ("run" in step)


def test_the_job_of_gitlab_has_its_parts(blocks):
    [body] = [yaml.safe_load(block) for block in blocks if "script:" in block]
    for job in body.values():
        assert job.keys() <= GITLAB_JOB
        assert all(isinstance(line, str) for line in job["script"])
        assert set(job["artifacts"]["reports"]) == {"junit"}
