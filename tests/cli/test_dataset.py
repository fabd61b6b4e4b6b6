"""``llmops dataset`` as a process: the operations of ``%llm_dataset``, as text and as JSON."""

import json

import pytest


@pytest.fixture
def cases(folder, llmops):
    rows = [{"id": "a", "q": "write to ada@example.org", "expected": "=1"}, {"id": "b", "q": "x"}]
    (folder / "faq.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = llmops("dataset", "import", "faq", "faq.jsonl", "--json")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def test_a_dataset_goes_in_is_shown_and_comes_out_the_same(llmops, cases, folder):
    shown = llmops("dataset", "show", "faq").stdout
    assert "write to [email]" in shown
    assert "@example.org" not in shown
    assert llmops("dataset", "export", "faq@1", "out.csv").returncode == 0
    assert "'=1" in (folder / "out.csv").read_text()
    again = json.loads(llmops("dataset", "import", "copy", "out.csv", "--json").stdout)
    assert again["digest"] == cases["digest"]
    assert llmops("dataset", "list").stdout.startswith("2 datasets")


def test_a_check_that_finds_something_ends_with_code_1(llmops, cases, folder):
    assert llmops("dataset", "check", "faq").returncode == 0
    (folder / "more.jsonl").write_text('{"id": "c", "q": "X "}')
    assert "1 input is there more than once" in llmops("dataset", "add", "faq", "more.jsonl").stdout
    done = llmops("dataset", "check", "faq")
    assert (done.returncode, "b, c" in done.stdout) == (1, True)


def test_wrong_usage_is_one_line(refused, cases):
    assert "There is no dataset 'nope'" in refused("dataset", "show", "nope")
    assert "is not there" in refused("dataset", "add", "faq", "nope.csv")
