"""Lets the tests of the widgets import the records of the views' tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "views"))
