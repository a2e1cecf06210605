"""XML of strangers, as plain nodes that know their line: no entities, no depth, no amount that could hurt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from storyboard.changelist.measures import BROKEN, refused, shown
from storyboard.errors import Where

MAX_NODES = 1_000_000
MAX_DEPTH = 100
MAX_TEXT = 65_536
"""Letters of an element's text that are kept."""


_NONE: dict[str, str] = {}


@dataclass(slots=True)
class Node:
    """An element."""

    tag: str
    attributes: dict[str, str]
    where: Where
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def find(self, path: str) -> Node | None:
        """The first element of a path of tags (`media/video`) from here."""
        here: Node | None = self
        for tag in path.split("/"):
            here = next((child for child in here.children if child.tag == tag), None) if here else None
        return here

    def all(self, *tags: str) -> Iterator[Node]:
        """Its children of these tags."""
        return (child for child in self.children if child.tag in tags)

    def every(self, tag: str) -> Iterator[Node]:
        """Every element of a tag below it, in the order of the file."""
        waiting = self.children[::-1]
        while waiting:
            node = waiting.pop()
            if node.tag == tag:
                yield node
            waiting += node.children[::-1]

    def read(self, path: str) -> str:
        """The text of an element of a path, without spaces around it; empty where there is none."""
        found = self.find(path)
        return found.text.strip() if found else ""

    def get(self, name: str, default: str = "") -> str:
        """An attribute."""
        return self.attributes.get(name, default)


class _Tree:
    """A document under way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.EntityDeclHandler = self.entity
        self.open: list[Node] = []
        self.root: Node | None = None
        self.count = 0

    def here(self) -> Where:
        """Where the parser stands."""
        return Where(self.name, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.count += 1
        where = self.here()
        if self.count > MAX_NODES:
            raise refused(where, f"this file has more than {MAX_NODES} elements", "export the timeline alone")
        if len(self.open) >= MAX_DEPTH:
            raise refused(where, f"this file's elements stand more than {MAX_DEPTH} deep in one another")
        node = Node(tag, attributes or _NONE, where)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def end(self, _: str) -> None:
        """An element ends."""
        self.open.pop()

    def characters(self, text: str) -> None:
        """Text within an element."""
        node = self.open[-1]
        if len(node.text) < MAX_TEXT:
            node.text += text

    def entity(self, *_: object) -> None:
        """A document type that declares words of its own: no editing program writes any."""
        hint = "take the `<!ENTITY …>` out, or export the timeline again"
        raise refused(self.here(), "this file declares entities, which are not read", hint)


def parse_xml(name: str, data: bytes) -> Node:
    """The root of a document; `Refused`, with its line, for what is no XML or more than a timeline can be."""
    tree = _Tree(name)
    try:
        tree.parser.Parse(data, True)
    except expat.ExpatError as error:
        where = Where(name, error.lineno, error.offset + 1)
        why = shown(expat.ErrorString(error.code) or "it breaks off")
        raise refused(where, f"this XML cannot be read: {why}") from None
    except (LookupError, ValueError):
        raise refused(tree.here(), "this XML is in an encoding that is not known here", BROKEN) from None
    if tree.root is None:
        raise refused(tree.here(), "this XML has no element", BROKEN)
    return tree.root
