"""A person before a real kernel is asked, in the cell that waits, and types the answer."""

from __future__ import annotations

import pytest
from jupyter_client.manager import start_new_kernel

from llmops_magics.guard.boundary.pending import PendingRegistry
from llmops_magics.magics.asking import KernelAsker

LOAD = "%load_ext llmops_magics"
TOOL = """
import llmops_magics as l
guard = l.current_workspace().guard
guard.boundary("retrieval", "a page that nobody vouches for")

@l.guarded_tool
def send_mail(to):
    return f"sent to {to}"

@l.guarded_tool(name="send_mail")
async def send_later(to):
    return f"sent later to {to}"
"""


@pytest.fixture
def kernel(folder):
    (folder / "llmops.toml").write_text("[guard]\ndetectors = []\nask_timeout_s = 5\n")
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder))
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client, code, answer=None):
    """Run code; whoever is asked types ``answer``, or has no way to. Return what it put out."""
    shown = []

    def type_it(_request):
        client.input(answer)

    client.execute_interactive(
        code,
        timeout=60,
        allow_stdin=answer is not None,
        stdin_hook=type_it,
        output_hook=lambda message: shown.append(message["content"]),
    )
    texts = [c.get("text", "") + c.get("data", {}).get("text/plain", "") for c in shown]
    return "".join(texts) + "".join(c.get("evalue", "") for c in shown)


def test_nobody_is_asked_when_the_time_is_over(capsys):
    asked = PendingRegistry(lambda: None, lambda: "ann").question(
        timeout_s=0,
        shown="send_mail",
        boundary="tool_call",
        subject="tool send_mail",
        reason="it is tainted",
        environment="dev",
    )
    assert KernelAsker(None)(asked) is None
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_a_person_answers_in_the_cell_that_waits(kernel):
    run(kernel, LOAD)
    run(kernel, TOOL)
    yes = run(kernel, "send_mail('ann')", "yes")
    assert "A person is asked" in yes
    assert 'send_mail({"to": "ann"})' in yes
    assert "'sent to ann'" in yes
    assert "the answer was deny" in run(kernel, "send_mail('ann')", "nonsense")
    assert "'sent later to bob'" in run(kernel, "await send_later('bob')", "y")
    nobody = run(kernel, "send_mail('ann')")
    assert "the answer was expired, by nobody" in nobody
    states = run(kernel, "[q.state for q in guard.pending(all_states=True).questions]")
    assert "['expired', 'allow', 'deny', 'allow']" in states
