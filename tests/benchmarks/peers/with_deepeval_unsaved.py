# /// script
# dependencies = ["deepeval==4.3.1", "openai==3.54.0"]
# ///
"""DeepEval as in ``with_deepeval.py``, but with its saving switched off: nothing is kept."""

from __future__ import annotations

import with_deepeval

if __name__ == "__main__":
    with_deepeval.main(saved=False)
