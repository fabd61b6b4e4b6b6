"""Many rows at once, handed to the driver as they are.

SQLAlchemy looks at every value of every row on its way to the driver, which takes longer than
writing it. A ``BulkInsert`` compiles its statement once for each database and passes rows by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.sql.dml import Insert

Row = Mapping[str, Any]


class BulkInsert:
    """An insert of every column of a table; ``make`` gives it for the name of a dialect.

    A row names each column. Its values are what a driver takes: JSON is text.
    """

    def __init__(self, make: Callable[[str], Insert]) -> None:
        self._make = make
        self._compiled: dict[str, tuple[str, Callable[[Row], Any]]] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert rows, inside the connection's transaction; raises what ``execute`` raises."""
        if not rows:
            return
        text, values = self._compiled.get(connection.dialect.name) or self._compile(connection)
        connection.exec_driver_sql(text, [values(row) for row in rows])

    def _compile(self, connection: Connection) -> tuple[str, Callable[[Row], Any]]:
        compiled = self._make(connection.dialect.name).compile(dialect=connection.dialect)
        order = getattr(compiled, "positiontup", None)
        found = str(compiled), itemgetter(*order) if order else dict
        self._compiled[connection.dialect.name] = found
        return found
