"""Where a film's pictures and sounds come from, in the words of the trade. Pure: it reads a record.

The terms are those of IPTC's vocabulary of digital source types, which C2PA uses too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = f"{TERMS}trainedAlgorithmicMedia"
"""All of it was made by a trained model."""
MIXED = f"{TERMS}compositeWithTrainedAlgorithmicMedia"
"""What a trained model made, put together with something else."""
COMPOSITE = f"{TERMS}composite"
"""Put together from parts of which nobody says that a model made them: footage, cards, animatics."""

Record = Mapping[str, Any]


def source_type(record: Record) -> str:
    """What a film is as a whole. What is not known to be a model's work, such as an imported clip, is something else;
    words drawn over the picture are not counted."""
    kinds = {shot["kind"] for shot in record["shots"]}
    if "generated" not in kinds:
        return COMPOSITE
    return MIXED if kinds != {"generated"} or record["sounds"] or record["overlays"] else GENERATED
