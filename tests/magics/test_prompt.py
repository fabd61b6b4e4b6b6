"""``%%prompt`` in a real shell."""

PROMPT = "application/vnd.llmops.prompt-version.v1+json"


def version(shown):
    return shown.displayed[0][PROMPT]


def test_registers_once_and_says_so(shell):
    cell = "%%prompt geo/capital\nCapital of {{ country }}?"
    first, second = shell.ok(cell), shell.ok(cell)
    assert "geo/capital@1 · new version" in first.displayed[0]["text/plain"]
    assert "reads country" in first.displayed[0]["text/plain"]
    assert "geo/capital@1 · unchanged" in second.displayed[0]["text/plain"]
    assert version(second)["digest"] == version(first)["digest"]
    assert "text/html" in first.displayed[0]
    assert first.kinds() == ["prompt-version"]  # no model was called, so there is no trace


def test_changed_body_is_a_new_version_with_its_difference(shell):
    shell.ok("%%prompt geo/capital\nCapital of {{ country }}?")
    shown = shell.ok("%%prompt geo/capital -m 'more polite'\nCapital of {{ country }}, please?")
    text = shown.displayed[0]["text/plain"]
    assert "geo/capital@2 · new version" in text
    assert "please" in text
    assert version(shown)["message"] == "more polite"


def test_body_reaches_the_model_as_it_was_written(shell, endpoint):
    server = endpoint()
    shell.ok("x = 'interpolated'; name = 'Ada'")
    shell.ok('%%prompt raw --run\nIt\'s {x} and $x; say "hi" to {{ name }}. 100% \\n done')
    [request] = server.requests
    expected = 'It\'s {x} and $x; say "hi" to Ada. 100% \\n done'
    assert request["messages"] == [{"role": "user", "content": expected}]


def test_options_and_front_matter(shell, endpoint):
    server = endpoint()
    shell.ok(
        "%%prompt greet --model openai/gpt-4.1 --temperature 0.5 --max-tokens 7 --run\n"
        "---\ndescription: a greeting\n---\nsystem:\nBe brief.\nuser:\nHello"
    )
    [request] = server.requests
    assert (request["model"], request["temperature"]) == ("gpt-4.1", 0.5)
    assert 7 in (request.get("max_tokens"), request.get("max_completion_tokens"))
    assert [m["role"] for m in request["messages"]] == ["system", "user"]


def test_run_uses_variables_of_the_notebook_and_shows_one_trace(shell, endpoint):
    server = endpoint("Paris")
    shell.ok("country = 'France'")
    shown = shell.ok("%%prompt geo/capital --run\nCapital of {{ country }}?")
    assert shown.kinds() == ["prompt-version", "prompt-answer", "trace"]
    assert "Paris" in shown.displayed[1]["text/plain"]
    assert "1 model call" in shown.displayed[2]["text/plain"]
    assert server.requests[0]["messages"][0]["content"] == "Capital of France?"
    assert shell.ok("1 + 1").displayed == []
