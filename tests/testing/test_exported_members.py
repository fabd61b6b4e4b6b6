from __future__ import annotations

import pytest

import llmops_magics.testing


def test_all_is_complete_and_importable():
    assert llmops_magics.testing.__all__ == ["Answer", "Reply", "ScriptedProcess", "ScriptedServer"]
    assert dir(llmops_magics.testing) == llmops_magics.testing.__all__
    for name in llmops_magics.testing.__all__:
        assert getattr(llmops_magics.testing, name) is not None


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = llmops_magics.testing.no_such_name
