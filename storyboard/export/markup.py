"""XML as it is written here: elements in a few words, times as rational seconds, and nothing that a parser refuses."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

Element = ElementTree.Element

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(parent: Element, tag: str, text: object = None, **attributes: object) -> Element:
    """A new element inside another; attributes that are None are left out."""
    known = {key: legal(str(value)) for key, value in attributes.items() if value is not None}
    child = ElementTree.SubElement(parent, tag, known)
    if text is not None:
        child.text = legal(str(text))
    return child


def legal(text: str) -> str:
    """A text without the characters that no XML may have."""
    return _FORBIDDEN.sub("", text)


def document(root: Element, doctype: str) -> bytes:
    """A whole document, indented, UTF-8."""
    ElementTree.indent(root, "  ")
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {doctype}>\n\n{body}\n'.encode()


def seconds(value: Fraction) -> str:
    """`5s` or `1001/24000s`."""
    return f"{value.numerator}s" if value.denominator == 1 else f"{value.numerator}/{value.denominator}s"


def address(folder: Path, file: str, host: str = "") -> str:
    """A file of the export as a `file:` URL."""
    return f"file://{host}{quote(str(folder / file))}"


def truth(value: bool) -> str:
    """`TRUE`, as the older formats write it."""
    return "TRUE" if value else "FALSE"
