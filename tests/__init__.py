"""Tests mirror the package: `tests/spec/test_source.py` is about `storyboard/spec/source.py`."""
