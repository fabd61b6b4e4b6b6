"""Real openai clients for a scripted server, one for each transport."""

from __future__ import annotations

import asyncio

import openai
import pytest

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is the capital of France?"},
]


def _ask_sync(server, max_retries=0, **options):
    request = {"model": "m", "messages": MESSAGES, **options}
    with openai.OpenAI(
        base_url=server.base_url, api_key=server.api_key, max_retries=max_retries
    ) as client:
        answer = client.chat.completions.create(**request)
        return list(answer) if request.get("stream") else answer


async def _ask_async(server, http_client, max_retries=0, **options):
    request = {"model": "m", "messages": MESSAGES, **options}
    async with openai.AsyncOpenAI(
        base_url=server.base_url,
        api_key=server.api_key,
        max_retries=max_retries,
        http_client=http_client,
    ) as client:
        answer = await client.chat.completions.create(**request)
        return [chunk async for chunk in answer] if request.get("stream") else answer


TRANSPORTS = {
    "sync": _ask_sync,
    "async": lambda server, **o: asyncio.run(_ask_async(server, None, **o)),
    "aiohttp": lambda server, **o: asyncio.run(
        _ask_async(server, openai.DefaultAioHttpClient(), **o)
    ),
}


@pytest.fixture(params=TRANSPORTS)
def ask_each(request):
    """Ask one question with each of openai's transports in turn."""
    return TRANSPORTS[request.param]


@pytest.fixture
def ask():
    """Ask one question, sync."""
    return _ask_sync
