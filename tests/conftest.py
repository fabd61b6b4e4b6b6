"""What slow tests of every layer share: the embedded models, and places of a test's own."""

from __future__ import annotations

import os
import signal
import warnings
from pathlib import Path

import pytest

# The scripted server says of itself that it is a test double, and a gate refuses its answers; the
# tests of that take this away.
os.environ.setdefault("LLMOPS_TEST_DOUBLES", "allow")

# Who starts the tests in the background of a shell starts them with Ctrl-C ignored, and every
# process they start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def embedded_models() -> Path:
    """Return the folder with the real weights: the user's own, pulled first if need be.

    Test processes that ask for it at once wait for one another inside ``pull``.
    """
    from llmops_magics.models.local import pull
    from llmops_magics.models.local.folder import model_folder

    pull(on_progress=print)
    return model_folder()


@pytest.fixture(scope="session", autouse=True)
def _own_keys(tmp_path_factory):
    """Keep the keys that tests make out of the user's own folder; who runs them has none."""
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
    for name in ("LLMOPS_SIGNING_KEY", "LLMOPS_KEY_PASSPHRASE"):
        patch.delenv(name, raising=False)
    yield
    patch.undo()


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty folder, made current, that no key or setting of this machine reaches."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "LLMOPS_MODEL", "LLMOPS_GATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def endpoint(scripted_server, monkeypatch):
    """``endpoint(answer, ...)`` starts a scripted server and makes it the OpenAI endpoint."""

    def start(answer="Paris", **options):
        server = scripted_server(answer, **options)
        monkeypatch.setenv("OPENAI_API_KEY", server.api_key)
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        return server

    return start


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
