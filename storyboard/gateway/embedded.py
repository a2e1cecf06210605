"""The embedded gateway in this process: the same client, the same protocol, and no network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from storyboard.gateway.client import Access, GatewayClient


@asynccontextmanager
async def embedded_gateway() -> AsyncIterator[GatewayClient]:
    """A client whose gateway runs here and draws animatics; it is closed, and its processes ended, with the block."""
    from storyboard.gateway.local.app import ORIGIN, application, close

    app = application()
    client = GatewayClient(Access(f"{ORIGIN}/v4/ai", "local"), httpx.ASGITransport(app))
    try:
        yield client
    finally:
        await client.close()
        await close(app)
