"""Texts that never show themselves by accident: credentials, and addresses that carry a signature."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Secret:
    """A credential: ask for it by `reveal`."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class SafeUrl:
    """An address whose path or query may be as good as a key: it shows its host alone."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """The whole address."""
        return self._text

    @property
    def host(self) -> str:
        """The host that it leads to; empty when it has none."""
        try:
            return urlsplit(self._text).hostname or ""
        except ValueError:
            return ""

    def __str__(self) -> str:
        return f"https://{self.host}/…"
