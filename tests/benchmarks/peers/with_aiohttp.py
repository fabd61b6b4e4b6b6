# /// script
# dependencies = ["aiohttp==3.14.5"]
# ///
"""A bare loop over aiohttp: the call, the JSON and the comparison, and nothing kept."""

from __future__ import annotations

import asyncio

import aiohttp
import work

HEADERS = {"Authorization": f"Bearer {work.API_KEY}"}


async def run() -> list[bool]:
    """Return for each case whether its answer is right."""
    waiting = iter(work.cases())
    right: list[bool] = []
    async with aiohttp.ClientSession(
        headers=HEADERS, connector=aiohttp.TCPConnector(limit=work.CONCURRENCY)
    ) as session:

        async def worker() -> None:
            for case in waiting:
                body = {"model": work.MODEL, "messages": work.messages(case)}
                async with session.post(f"{work.BASE_URL}/chat/completions", json=body) as response:
                    answer = await response.json()
                output = answer["choices"][0]["message"]["content"]
                right.append(output == case["expected"])

        await asyncio.gather(*(worker() for _ in range(work.CONCURRENCY)))
    return right


if __name__ == "__main__":
    found = asyncio.run(run())
    work.report(len(found), sum(found))
