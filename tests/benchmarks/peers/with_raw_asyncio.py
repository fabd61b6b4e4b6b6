# /// script
# dependencies = []
# ///
"""The floor: hand-written HTTP/1.1 over asyncio streams, each hundred answers put into SQLite."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from typing import Any
from urllib.parse import urlsplit

import work

ADDRESS = urlsplit(work.BASE_URL)
PATH = f"{ADDRESS.path}/chat/completions"
HEAD = (
    f"POST {PATH} HTTP/1.1\r\nHost: {ADDRESS.netloc}\r\nAuthorization: Bearer {work.API_KEY}\r\n"
    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
).encode()
Row = tuple[str, str, bool]


async def post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, case: dict[str, Any]
) -> str:
    """Return the answer to one case."""
    body = json.dumps({"model": work.MODEL, "messages": work.messages(case)}).encode()
    writer.write(HEAD % len(body) + body)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    answer = json.loads(await reader.readexactly(length))
    return str(answer["choices"][0]["message"]["content"])


async def run(store: sqlite3.Connection) -> None:
    """Let as many connections as may be open take turns at the cases."""
    waiting = iter(work.cases())
    rows: list[Row] = []

    async def worker() -> None:
        reader, writer = await asyncio.open_connection(ADDRESS.hostname, ADDRESS.port)
        for case in waiting:
            output = await post(reader, writer, case)
            rows.append((case["question"], output, output == case["expected"]))
            if len(rows) >= 100:
                save(store, rows)
        writer.close()

    await asyncio.gather(*(worker() for _ in range(work.CONCURRENCY)))
    save(store, rows)


def save(store: sqlite3.Connection, rows: list[Row]) -> None:
    """Write the rows in one transaction, and empty the list."""
    with store:
        store.executemany("INSERT INTO answer VALUES (?, ?, ?)", rows)
    rows.clear()


if __name__ == "__main__":
    database = sqlite3.connect("answers.db")
    database.execute("CREATE TABLE answer (question, output, is_right)")
    asyncio.run(run(database))
    work.report(*database.execute("SELECT count(*), sum(is_right) FROM answer").fetchone())
