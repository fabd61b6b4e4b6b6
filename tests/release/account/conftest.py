"""The workspace of the approvals, whose dossiers and approvals an account is read from."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "approval"))
from approval_desk import desk, ready

__all__ = ["desk", "ready"]
