"""The bare ``AsyncOpenAI`` loop, for the peers that leave the calls to their user."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import work

if TYPE_CHECKING:
    from openai import AsyncOpenAI


async def ask_all(client: AsyncOpenAI) -> list[str]:
    """Return the answers in the order of the cases."""
    limit = asyncio.Semaphore(work.CONCURRENCY)

    async def one(case: dict[str, str]) -> str:
        async with limit:
            answer = await client.chat.completions.create(
                model=work.MODEL, messages=work.messages(case)
            )
        return answer.choices[0].message.content or ""

    async with client:
        return await asyncio.gather(*(one(case) for case in work.cases()))


def count_right(outputs: list[str]) -> int:
    """Return how many answers are what is expected."""
    pairs = zip(outputs, work.cases(), strict=True)
    return sum(output == case["expected"] for output, case in pairs)
