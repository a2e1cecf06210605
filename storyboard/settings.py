"""Settings, and who may make them.

A storyboard and its repository are untrusted: what decides where money, keys and bytes go comes from the environment,
from flags, or from the user's own `config.toml`, never from a project's `storyboard.toml`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storyboard.errors import Usage
from storyboard.secret import Secret
from storyboard.store import files, remote

PUBLIC_GATEWAY = "https://ai-gateway.vercel.sh/v4/ai"
MAX_BYTES = 1024 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "::1")
YES = ("1", "true", "yes")

PERSONAL = {
    "gateway.url": "STORYBOARD_GATEWAY_URL",
    "gateway.poll_seconds": "STORYBOARD_POLL_SECONDS",
    "gateway.deadline_seconds": "STORYBOARD_DEADLINE_SECONDS",
    "gateway.concurrency": "STORYBOARD_CONCURRENCY",
    "gateway.allow_loopback": "STORYBOARD_ALLOW_LOOPBACK",
    "gateway.team": "STORYBOARD_TEAM",
    "stills.host": "STORYBOARD_STILLS_HOST",
    "stills.public_url": "STORYBOARD_STILLS_URL",
    "store.home": "STORYBOARD_HOME",
    "sign.certificate": "STORYBOARD_SIGN_CERTIFICATE",
    "sign.key": "STORYBOARD_SIGN_KEY",
}
"""Settings that only the user makes, and the variable of each."""

SHARED = {"store.remote": "STORYBOARD_REMOTE", "store.remote_read_only": "STORYBOARD_REMOTE_READ_ONLY"}
"""Settings that a project may make too."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of a run."""

    home: Path
    gateway_url: str
    """Empty when nobody configured one."""
    credential: Secret | None
    oidc: bool
    poll_seconds: float
    deadline_seconds: float
    concurrency: int
    team: str = ""
    """The team that pays; a part of every order's key, so that a team's machines never pay twice."""
    allow_loopback: bool = False
    """Whether clips and stills may be at addresses of this machine: for rehearsals and tests."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """For some models: how many orders may be in flight at once, at the most."""
    stills_host: str = ""
    """Where input images are put for the gateway to fetch: `s3://bucket/prefix`, or a folder; empty for nowhere."""
    stills_url: str = field(default="", repr=False)
    """The public prefix that leads there, or `presign`; empty for the host's own way."""
    remote: str = field(default="", repr=False)
    """Where takes are shared: an address, or a folder; empty for nowhere. It may carry a password."""
    remote_shared: bool = False
    """Whether the project named it: then it may lead to less."""
    remote_read_only: bool = False
    sign_certificate: str = field(default="", repr=False)
    """The file of the certificates that films are signed with, or their text; `none` where nothing is signed."""
    sign_key: Secret | None = None
    """The file of its private key, or its text."""

    @property
    def base(self) -> str:
        """The gateway's address: the one that was configured, or the public one."""
        return self.gateway_url or PUBLIC_GATEWAY


def read_settings(environment: Mapping[str, str], config_folder: Path, data_folder: Path, project: Path) -> Settings:
    """The settings that hold for a project; `Usage` for one that is unknown, malformed or not the project's to make."""
    shared = check_project_settings(project / "storyboard.toml")
    own = _table(config_folder / "config.toml")
    limits = own.pop("gateway.limits", {})
    for name in own:
        if name not in PERSONAL and name not in SHARED:
            raise Usage(f"config.toml has an unknown setting `{name}`", hint=f"there is {', '.join(PERSONAL | SHARED)}")

    def setting(name: str) -> str:
        return environment.get(PERSONAL[name]) or str(own.get(name, ""))

    named = environment.get(SHARED["store.remote"]) or str(own.get("store.remote", ""))
    key, token = environment.get("AI_GATEWAY_API_KEY"), environment.get("VERCEL_OIDC_TOKEN")
    return Settings(
        home=_home(setting("store.home"), data_folder),
        gateway_url=_gateway_url(setting("gateway.url")),
        credential=Secret(key or token or "") if key or token else None,
        oidc=bool(token and not key),
        poll_seconds=_number("gateway.poll_seconds", setting("gateway.poll_seconds"), 5),
        deadline_seconds=_number("gateway.deadline_seconds", setting("gateway.deadline_seconds"), 1_800),
        concurrency=max(1, int(_number("gateway.concurrency", setting("gateway.concurrency"), 8))),
        team=_team(setting("gateway.team")),
        allow_loopback=setting("gateway.allow_loopback").lower() in YES,
        limits=_limits(limits),
        stills_host=setting("stills.host").strip(),
        stills_url=setting("stills.public_url").strip(),
        remote=_remote(named or str(shared.get("store.remote", ""))),
        remote_shared=not named,
        remote_read_only=_read_only(environment, own, shared),
        sign_certificate=setting("sign.certificate").strip(),
        sign_key=Secret(setting("sign.key").strip()) if setting("sign.key").strip() else None,
    )


def settings_for(project: Path) -> Settings:
    """The settings of this user on this machine."""
    import platformdirs

    folders = platformdirs.PlatformDirs("storyboard", appauthor=False)
    return read_settings(os.environ, Path(folders.user_config_dir), Path(folders.user_data_dir), project)


def check_project_settings(file: Path) -> Mapping[str, Any]:
    """A project's own settings; `Usage` when they reach for what is not theirs to decide."""
    table = _table(file)
    for name, value in table.items():
        if name in PERSONAL:
            hint = f"remove it there; set {PERSONAL[name]}, or write it in your own config.toml"
            raise Usage(f"storyboard.toml may not set `{name}`: a project does not choose it", hint=hint)
        if name not in SHARED:
            raise Usage(f"storyboard.toml has an unknown setting `{name}`", hint=f"there is {', '.join(SHARED)}")
        if name == "store.remote":
            remote.check_shared(value if isinstance(value, str) else "")
    return table


def _table(file: Path) -> dict[str, Any]:
    """The settings of a file by dotted name; none when there is no such file."""
    if not file.exists():
        return {}
    try:
        table = tomllib.loads(files.read_plain(file, MAX_BYTES).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Usage(f"{file.name} cannot be read: {str(error)[:200]}") from None
    flat = {}
    for section, value in table.items():
        flat.update(
            {f"{section}.{name}": one for name, one in value.items()} if isinstance(value, dict) else {section: value}
        )
    return flat


def _home(text: str, default: Path) -> Path:
    try:
        return Path(text).expanduser() if text else default
    except RuntimeError:
        raise Usage(f"`store.home` names the folder of somebody unknown: {text}") from None


def _number(name: str, text: str, default: float) -> float:
    try:
        value = float(text or default)
    except ValueError:
        value = -1
    if not 0 < value < 1e6:
        raise Usage(f"`{name}` must be a number above 0, and is {text!r}")
    return value


def _remote(text: str) -> str:
    return "" if text.strip() == "none" else text.strip()


def _read_only(environment: Mapping[str, str], *tables: Mapping[str, Any]) -> bool:
    """Whether nothing may be put there: as the environment says, else as soon as one of the files does."""
    said = [environment.get(SHARED["store.remote_read_only"])]
    values = said if said[0] else [str(table.get("store.remote_read_only", "")) for table in tables]
    return any(str(value).lower() in YES for value in values)


def _limits(table: object) -> Mapping[str, int]:
    values = table if isinstance(table, dict) else {"": 0}
    if any(not isinstance(value, int) or not 1 <= value <= 100 for value in values.values()):
        hint = 'write [gateway.limits] and under it lines such as "klingai/kling-v3.0-i2v" = 2'
        raise Usage("`gateway.limits` says how many orders of a model may be in flight: 1 to 100", hint=hint)
    return values


def _team(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", text):
        raise Usage("`gateway.team` is a team's id or slug: letters, digits, - and _")
    return text


def _gateway_url(text: str) -> str:
    if not text:
        return ""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        raise Usage("the gateway's address cannot be read", hint=f"write it as in {PUBLIC_GATEWAY}") from None
    if parts.username or parts.password or parts.query or parts.fragment or not host:
        raise Usage("the gateway's address must be plain: no user, password, query or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise Usage("the gateway's address must be https; plain http is for this machine only")
    return text.rstrip("/")
