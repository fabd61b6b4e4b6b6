"""CPU seconds of ``%load_ext llmops_magics`` in a fresh IPython shell.

    python tests/benchmarks/load_time.py [RUNS]

Each run is a process of its own. What is measured is the magic alone, IPython being there
already, as in a kernel. ``python -X importtime -c 'import llmops_magics.magics.extension'`` shows
where it goes: OpenTelemetry's SDK is most of it, the rest is pydantic and our own modules.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile

PROGRAM = """
import time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
started = time.process_time()
shell.run_line_magic("load_ext", "llmops_magics")
print(time.process_time() - started)
"""


def measure(runs: int) -> list[float]:
    """Return the CPU seconds of each run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", PROGRAM]
        return [
            float(subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout)
            for _ in range(runs)
        ]


if __name__ == "__main__":
    seconds = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    print(
        f"%load_ext: median {statistics.median(seconds):.3f} CPU s "
        f"(min {min(seconds):.3f}, max {max(seconds):.3f}, n={len(seconds)}); the limit is 0.3"
    )
