"""A process that has traced a call can be forked: that is what `!command` in a notebook does."""

import subprocess
import sys

CODE = """
import os, sys
from llmops_magics.tracing.pipeline import Tracing
with Tracing(lambda span: None).span("a", {}):
    pass
from concurrent.futures import ThreadPoolExecutor  # as whatever comes later may do
ThreadPoolExecutor(1).submit(int).result()
child = os.fork()
if child == 0:
    os._exit(7)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_fork_after_a_span_comes_back():
    done = subprocess.run([sys.executable, "-c", CODE], timeout=60, check=False)
    assert done.returncode == 7
