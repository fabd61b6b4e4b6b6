"""What all tables are part of."""

from __future__ import annotations

from sqlalchemy import MetaData

metadata = MetaData()
