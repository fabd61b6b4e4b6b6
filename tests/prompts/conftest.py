import os
import signal
import warnings

import pytest

from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.storage.store import Store


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield store
    store.close()


@pytest.fixture
def registry(store):
    return PromptRegistry(store, actor=lambda: "ada")


@pytest.fixture
def in_child():
    """``in_child(work)`` works in a forked child; False if that fails or never ends."""
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")

    def run(work):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # other threads may be running
            child = os.fork()
        if child == 0:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(30)  # a lock that is held for ever ends here
            done = False
            try:
                done = bool(work())
            finally:
                os._exit(0 if done else 1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    return run
