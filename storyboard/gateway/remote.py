"""The gateway that is paid: a client with this user's credential, for this user's gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storyboard.gateway.client import Access, GatewayClient
from storyboard.gateway.patience import Patience
from storyboard.settings import Settings


@asynccontextmanager
async def remote_gateway(settings: Settings) -> AsyncIterator[GatewayClient]:
    """A client of the configured gateway, or of the public one; closed with the block."""
    credential = settings.credential.reveal() if settings.credential else ""
    access = Access(settings.base, credential, "oidc" if settings.oidc else "api-key", settings.team)
    # At a rehearsal, tries again come as quickly as the polls do.
    patience = Patience(unit=min(1.0, settings.poll_seconds / 5)) if settings.allow_loopback else None
    loopback, deadline = settings.allow_loopback, settings.deadline_seconds
    client = GatewayClient(access, patience=patience, allow_loopback=loopback, deadline=deadline)
    try:
        yield client
    finally:
        await client.close()
