from __future__ import annotations

import pytest

from llmops_magics.errors import PromptSyntaxError, RenderError, SandboxError
from llmops_magics.testing.call import Call
from llmops_magics.testing.template import compile_template, render_template

CALL = Call(request={"model": "m", "messages": [{"role": "user", "content": "Hi"}]}, number=4)


def test_a_template_that_does_not_parse_is_refused_at_once():
    with pytest.raises(PromptSyntaxError, match="line 1"):
        compile_template("{{ user ")


def test_an_unknown_name_is_an_error():
    with pytest.raises(RenderError, match="'question' is undefined"):
        render_template("{{ question }}", CALL)


def test_a_template_cannot_leave_the_sandbox():
    with pytest.raises(SandboxError):
        render_template("{{ messages.__class__.__mro__ }}", CALL)
    with pytest.raises(SandboxError):
        render_template("{{ messages.append(1) }}", CALL)
