# /// script
# dependencies = ["openai[aiohttp]==3.54.0"]
# ///
"""A bare loop over ``AsyncOpenAI`` in its default configuration, and nothing kept."""

from __future__ import annotations

import asyncio

import asking
import openai
import work

if __name__ == "__main__":
    outputs = asyncio.run(asking.ask_all(openai.AsyncOpenAI()))
    work.report(len(outputs), asking.count_right(outputs))
