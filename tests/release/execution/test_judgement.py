import nbformat
import pytest

from llmops_magics.release.execution.judgement import find_problems

DONE = {"execution": {"shell.execute_reply": "t"}}


def cell(code, count=None, outputs=(), **metadata):
    return nbformat.v4.new_code_cell(
        code, execution_count=count, outputs=list(outputs), metadata=metadata
    )


def book(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


ERROR = nbformat.v4.new_output("error", ename="E", evalue="\x1b[31mbad\x1b[0m", traceback=[])
USAGE = nbformat.v4.new_output("stream", name="stderr", text="UsageError: no such magic\n")


@pytest.mark.parametrize(
    ("last", "problem"),
    [
        (cell("b", 2, **DONE), None),
        (cell("b", 2), "Cell 2 did not finish."),
        (cell("b", None, papermill={"status": "completed"}), "Cell 2 did not finish."),
        (cell("b", 2, [ERROR], **DONE), "Cell 2 raised E: bad"),
        (cell("b", 1, **DONE), "Cell 2 did not run in order."),
        (
            cell("b", 2, [USAGE], papermill={"exception": True}, **DONE),
            "Cell 2 failed: UsageError: no such magic",
        ),
    ],
)
def test_each_cell_must_have_finished(last, problem):
    problems = find_problems(book(cell("a", 1, **DONE), last), book(cell("a"), cell("b")))
    assert problems == ((problem,) if problem else ())


def test_cells_must_be_the_source_s():
    injected = cell("x = 1", 1, tags=["injected-parameters"], **DONE)
    assert find_problems(book(injected, cell("a", 2, **DONE)), book(cell("a"))) == ()
    [problem] = find_problems(book(cell("b", 1, **DONE)), book(cell("a")))
    assert "does not hold the cells of its source" in problem


def test_what_ended_it_comes_first():
    problems = find_problems(book(cell("a")), book(cell("a")), "The kernel died.")
    assert problems == ("The kernel died.", "Cell 1 did not finish.")
