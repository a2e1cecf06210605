"""A build system for generated film."""

__version__ = "0.1.0"
