# /// script
# dependencies = ["openai[aiohttp]==3.54.0"]
# ///
"""A bare loop over ``AsyncOpenAI`` with its aiohttp transport, and nothing kept."""

from __future__ import annotations

import asyncio

import asking
import openai
import work


async def run() -> list[str]:
    """Return the answers; the transport wants a running loop."""
    return await asking.ask_all(openai.AsyncOpenAI(http_client=openai.DefaultAioHttpClient()))


if __name__ == "__main__":
    outputs = asyncio.run(run())
    work.report(len(outputs), asking.count_right(outputs))
