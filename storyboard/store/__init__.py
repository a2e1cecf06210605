"""Bytes and records that outlive a run."""
