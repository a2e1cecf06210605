"""The embedded gateway: the same protocol, with an animatic behind it."""
