from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from llmops_magics.storage.store import Store


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/.llmops/llmops.db"


@pytest.fixture
def store(url):
    opened = Store.open(url)
    yield opened
    opened.close()


# A PostgreSQL server of the tests' own, where one is installed.
_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_PLACES = os.pathsep.join([*map(str, _FOLDERS), os.environ.get("PATH", "")])


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Return the URL of a server where databases may be made.

    It is the one that ``LLMOPS_TEST_POSTGRESQL`` names, else one that is started here.
    """
    if os.environ.get("LLMOPS_TEST_POSTGRESQL"):
        yield os.environ["LLMOPS_TEST_POSTGRESQL"]
        return
    initdb = shutil.which("initdb", path=_PLACES)
    if initdb is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    with _server(Path(initdb).parent) as folder:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"


@pytest.fixture
def postgresql_store(tmp_path: Path, postgresql: str) -> Iterator[Store]:
    """A store in a database of its own on the server."""
    server = create_engine(postgresql, isolation_level="AUTOCOMMIT")
    name = f"test_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    address = make_url(postgresql).set(database=name).render_as_string(hide_password=False)
    store = Store.open(address, str(tmp_path))
    yield store
    store.close()
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@contextmanager
def _server(programs: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="llmops-pg-"))  # a short path: a socket lies in it
    data = folder / "data"
    try:
        _own(folder)
        _run(programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync")
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        _run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
        try:
            yield folder
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _own(folder: Path) -> None:
    """Give the folder to the user that runs the server, which may not be root."""
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)


def _run(*words: object) -> None:
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*as_user, *map(str, words)],
        check=False,
        stdout=subprocess.DEVNULL,  # the server would keep a pipe open
        stderr=subprocess.DEVNULL,
        cwd="/",
        timeout=120,
    )
    assert done.returncode == 0, words
