"""Evals of the same cases by this package and by its peers, side by side in one run.

    python tests/benchmarks/eval_peers.py [--envs FOLDER] [--peers NAME,NAME] [--json FILE]
    python tests/benchmarks/eval_peers.py --memory [CASES ...] --latency-ms 2 --timeout-s 3600

The work is the same to the letter (peers/work.py): 1,000 cases, one user message each, an answer
after 50 ms, 64 at once, and whether the answer is exactly what is expected. The endpoint is a
process of its own (peers/endpoint.py). Each peer is one script, in an environment of its own with
pinned versions, which is made at the first run and kept in ``--envs``; this package runs in
``--python``, by default the interpreter that runs this. Peers take turns: A B C A B C. A peer that
does not install or does not do the work is listed with the reason.

What is measured, the median of the rounds and their range:
- CPU: user and system seconds of the process and its children, those of a run of 8 cases (its
  start-up, given apart) taken off, per 1,000 cases.
- Wall: from the first request, as the endpoint saw it, to the last answer and to the end of the
  process, over the ideal: cases x latency / concurrency. Start-up is thus left out.
- Peak RSS: of the largest process among the peer's; the kernel counts from what this script has
  itself when it starts one, some 24 MB.
On a machine that others use too, read the CPU; the wall is what their load makes of it. The bare
loops are no eval tools: they trace, store, resume and retry nothing (openai retries). There is a
script for mlflow too, only run when named: 40 cases took it half a minute.

``--memory`` measures this package alone at 1,000 and at 100,000 cases, against what it may take.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

# The peers' folder is no package: each script of it runs alone, in another environment.
sys.path.insert(0, str(Path(__file__).parent / "peers"))
from bench import Peer, Run, bench
from environment import Environment, PeerFailedError, build

START_UP_CASES = 8
OURS = "llmops_magics"
NAMES = (
    "raw_asyncio",
    "aiohttp",
    "openai_aiohttp",
    "openai",
    OURS,
    "deepeval",
    "deepeval_unsaved",
    "inspect",
    "promptfoo",
    "langfuse",
    "phoenix",
    "ragas",
)
MEMORY_LIMITS_MB = {1_000: 120, 100_000: 200}


def say(text: str) -> None:
    """Tell how far it is, beside the result on stdout."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def prepare(peer: Peer, python: str, envs: Path) -> None:
    """Install a peer; ours is there already."""
    if peer.name == OURS:
        peer.setting = Environment(python=python, folder=envs, pins=("this checkout",))
    else:
        say(f"{peer.name}: installing, if it is not yet")
        peer.setting = build(peer.script, envs)


def attempt(peer: Peer, work: Callable[[], object]) -> None:
    """Do something with a peer that has not failed, and keep the reason if it does."""
    if peer.failure:
        return
    try:
        work()
    except PeerFailedError as error:
        peer.failure = str(error)
        say(f"{peer.name}: {error}")


def measure(peers: list[Peer], options: argparse.Namespace) -> None:
    """Measure all peers in turn, after one small run of each that is thrown away."""
    with bench(
        latency_ms=options.latency_ms,
        concurrency=options.concurrency,
        timeout_s=options.timeout_s,
    ) as place:

        def once(peer: Peer) -> None:
            pair = place.run(peer, START_UP_CASES), place.run(peer, options.cases)
            peer.rounds.append(pair)
            say(f"{peer.name}: {pair[1].cpu_s:.2f} CPU s, {pair[1].wall_s:.1f} s")

        for peer in peers:  # compiles what it imports, and shows what does not run at all
            attempt(peer, lambda: place.run(peer, START_UP_CASES))  # noqa: B023 - called at once
        for _ in range(options.rounds):
            for peer in peers:
                attempt(peer, lambda: once(peer))  # noqa: B023 - called at once


def figures(peer: Peer, ideal_s: float) -> dict[str, list[float]]:
    """Return each figure of a peer, round by round."""
    return {
        "cpu_s_per_1000": [
            (full.cpu_s - small.cpu_s) / (full.cases - small.cases) * 1000
            for small, full in peer.rounds
        ],
        "start_up_cpu_s": [small.cpu_s for small, _ in peer.rounds],
        "served_over_ideal": [full.served_s / ideal_s for _, full in peer.rounds],
        "ended_over_ideal": [full.ended_s / ideal_s for _, full in peer.rounds],
        "peak_rss_mb": [full.peak_rss_mb for _, full in peer.rounds],
    }


def spread(values: list[float], digits: int) -> str:
    """Write median and range."""
    low, high = min(values), max(values)
    middle = statistics.median(values)
    return f"{middle:.{digits}f} [{low:.{digits}f}-{high:.{digits}f}]"


def table(peers: list[Peer], ideal_s: float) -> str:
    """Return the comparison as text."""
    columns = "{:<17}{:>23}{:>22}{:>25}{:>10}{:>9}{:>7}{:>8}"
    lines = [
        columns.format(
            "", "CPU s per 1,000", "wall/ideal", "wall/ideal", "start-up", "RSS", "", ""
        ),
        columns.format(
            "", "cases", "to last answer", "to the end", "CPU s", "MB", "calls", "at once"
        ),
    ]
    for peer in peers:
        if not peer.rounds:
            lines.append(f"{peer.name:<17}  {peer.failure}")
            continue
        found = figures(peer, ideal_s)
        _, last = peer.rounds[-1]
        line = columns.format(
            peer.name,
            spread(found["cpu_s_per_1000"], 2),
            spread(found["served_over_ideal"], 2),
            spread(found["ended_over_ideal"], 2),
            f"{statistics.median(found['start_up_cpu_s']):.2f}",
            f"{statistics.median(found['peak_rss_mb']):.0f}",
            last.requests,
            last.peak_concurrency,
        )
        failed = f"  (then failed: {peer.failure})" if peer.failure else ""
        lines.append(line + failed)
    return "\n".join(lines)


def as_json(peers: list[Peer], options: argparse.Namespace, ideal_s: float) -> dict[str, Any]:
    """Return everything that was measured."""
    return {
        "cases": options.cases,
        "concurrency": options.concurrency,
        "latency_ms": options.latency_ms,
        "ideal_s": ideal_s,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": os.getloadavg(),
        "peers": [
            {
                "name": peer.name,
                "pins": peer.setting.pins if peer.setting else (),
                "failure": peer.failure,
                "figures": figures(peer, ideal_s),
                "rounds": [[asdict(run) for run in pair] for pair in peer.rounds],
            }
            for peer in peers
        ],
    }


def save(found: dict[str, Any], path: Path | None) -> None:
    """Write what was measured, if it is wanted as JSON."""
    if path:
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def side_by_side(options: argparse.Namespace, envs: Path) -> None:
    """Measure the peers and print the comparison."""
    peers = [Peer(name=name) for name in options.peers.split(",")]
    for peer in peers:
        attempt(peer, lambda: prepare(peer, options.python, envs))  # noqa: B023 - called at once
    measure(peers, options)
    ideal_s = options.cases * options.latency_ms / 1000 / options.concurrency
    save(as_json(peers, options, ideal_s), options.json)
    endpoint = [full.endpoint_cpu_s for peer in peers for _, full in peer.rounds]
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    sys.stdout.write(
        f"{options.cases:,} cases, {options.latency_ms:g} ms, concurrency {options.concurrency}, "
        f"ideal {ideal_s:.2f} s; median [range] of {options.rounds} rounds\n"
        f"{table(peers, ideal_s)}\n"
        f"{os.cpu_count()} cores, load average {load}; "
        f"the endpoint took {max(endpoint, default=0):.2f} CPU s a run at most\n"
    )


def memory(options: argparse.Namespace, envs: Path) -> None:
    """Measure this package alone at each size, and print its peak beside what it may take."""
    peer = Peer(name=OURS)
    prepare(peer, options.python, envs)
    found: list[Run] = []
    with bench(
        latency_ms=options.latency_ms,
        concurrency=options.concurrency,
        timeout_s=options.timeout_s,
    ) as place:
        for cases in options.memory or MEMORY_LIMITS_MB:
            attempt(peer, lambda: found.append(place.run(peer, cases)))  # noqa: B023
    rows = [asdict(run) | {"limit_mb": MEMORY_LIMITS_MB.get(run.cases)} for run in found]
    save({"failure": peer.failure, "runs": rows}, options.json)
    for run in found:
        limit_mb = MEMORY_LIMITS_MB.get(run.cases, "none")
        sys.stdout.write(
            f"{run.cases:>7,} cases: peak RSS {run.peak_rss_mb:6.1f} MB (limit {limit_mb}), "
            f"{run.cpu_s:.1f} CPU s with start-up, {run.wall_s:.1f} s\n"
        )
    sys.stdout.write(f"{peer.failure}\n" if peer.failure else "")


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--envs", type=Path, help="where environments are kept (else: nowhere)")
    parser.add_argument("--python", default=sys.executable, help="runs this package")
    parser.add_argument("--peers", default=",".join(NAMES), help="names, with commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--timeout-s", type=float, default=600, help="of one process")
    parser.add_argument(
        "--memory", type=int, nargs="*", metavar="CASES", help="peak RSS of this package alone"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run there too")
    options = parser.parse_args()
    if options.cases <= START_UP_CASES:
        parser.error(f"--cases must be over {START_UP_CASES}, which the start-up run takes")
    return options


if __name__ == "__main__":
    chosen = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends the peer too
    with tempfile.TemporaryDirectory() as temporary:
        kept = (chosen.envs or Path(temporary)).resolve()
        kept.mkdir(parents=True, exist_ok=True)
        (side_by_side if chosen.memory is None else memory)(chosen, kept)
