"""The workspace that approvals are tried in."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from approval_desk import desk, ready

__all__ = ["desk", "ready"]
