"""ODM-XML as a stream of elements: nothing outside the file is read, and little of it is held.

The parser is expat. Libxml2 keeps an element's line in 16 bits, so behind line 65,535 lxml tells a
wrong one, and the line is what a person looks a row up by.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from mg_cdisc.errors import SourceError, one_of
from mg_cdisc.sources.files import SourceFile

Attributes = Mapping[str, str]

NAMESPACE: Final = "http://www.cdisc.org/ns/odm/v1.3"
LANGUAGE: Final = "http://www.w3.org/XML/1998/namespace lang"
VERSIONS: Final = ("1.3", "1.3.1", "1.3.2")

_ROOT: Final = f"{NAMESPACE} ODM"
_OTHER_VERSION: Final = re.compile(r"http://www\.cdisc\.org/ns/odm/v([\d.]+) ODM")
_DECLARED: Final = re.compile(rb"""^<\?xml\b[^>]*?\bencoding\s*=\s*["']([A-Za-z][\w.-]*)["']""")
# encodings by their names in XML with _ for -, and the codec that reads all that is written so
_CODECS: Final[Mapping[str, str]] = {
    "utf_8": "utf_8",
    "us_ascii": "ascii",
    "iso_8859_1": "latin_1",
    "windows_1252": "cp1252",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "utf_16": "utf_16",
}
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf_8_sig"),
    (codecs.BOM_UTF16_LE, "utf_16"),
    (codecs.BOM_UTF16_BE, "utf_16"),
)
_CUT: Final = (
    expat.errors.XML_ERROR_NO_ELEMENTS,
    expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    expat.errors.XML_ERROR_PARTIAL_CHAR,
    expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
)
_CHUNK: Final = 1 << 20


class Enough(Exception):
    """Raised on entering an element to end the stream."""


@dataclass(frozen=True)
class Node:
    """What is done with one kind of element; children that it doesn't name are passed over.

    ``enter`` gets the attributes, and may return False to pass over the element too; ``leave``
    gets the text, which is gathered only where ``text`` is true.
    """

    enter: Callable[[Attributes], bool | None] | None = None
    children: Mapping[str, Node] = field(default_factory=dict)
    leave: Callable[[str], None] | None = None
    text: bool = False


def elements(nodes: Mapping[str, Node]) -> dict[str, Node]:
    """Nodes by the names that the stream gives to ODM's elements.

    Elements of other namespaces are a vendor's own, and none of these.
    """
    return {f"{NAMESPACE} {name}": node for name, node in nodes.items()}


class Stream:
    """An ODM 1.3 file, element by element."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._open: list[Node] = []
        self._node = Node()
        self._skipped = 0
        self._text: list[str] = []
        self._root: Attributes | None = None

    @property
    def line(self) -> int:
        """The line on which the element that is just entered begins."""
        return self._parser.CurrentLineNumber

    def error(self, kind: str, what: str, todo: str, *, here: bool = True) -> SourceError:
        """The one error that stops the reading, at the present line."""
        return self.file.error(kind, what, todo, self.line if here else 0)

    def run(self, children: Mapping[str, Node], enter: Callable[[Attributes], None]) -> None:
        """Hand every element to its node; ``enter`` gets the attributes of the root.

        Raises SourceError for what is not XML, not ODM 1.3, cut short or not well formed, for a
        document type declaration (entities could read other files or fill the memory), and for
        an encoding that is not known or not kept.
        """
        self._node = Node(children={_ROOT: Node(self._entered(enter), elements(children))})
        self._parser.StartElementHandler = self._check_root
        self._parser.EndElementHandler = self._end
        try:
            for text in self._texts():
                self._parser.Parse(text, False)
            self._parser.Parse("", True)
        except Enough:
            return
        except expat.ExpatError as fault:
            raise self._malformed(fault) from None

    def _entered(self, enter: Callable[[Attributes], None]) -> Callable[[Attributes], None]:
        def root(attributes: Attributes) -> None:
            self._root = attributes
            enter(attributes)

        return root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        node = self._node.children.get(name)
        if node is None or (node.enter is not None and node.enter(attributes) is False):
            self._skipped = 1
            self._parser.StartElementHandler = self._skip_start
            self._parser.EndElementHandler = self._skip_end
            self._parser.CharacterDataHandler = None
            return
        self._open.append(self._node)
        self._node = node
        if node.text:
            self._text = []
            self._parser.CharacterDataHandler = self._text.append

    def _end(self, _name: str) -> None:
        node = self._node
        self._node = self._open.pop()
        if node.text:
            self._parser.CharacterDataHandler = None
        if node.leave is not None:
            node.leave("".join(self._text) if node.text else "")

    def _skip_start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._skipped += 1

    def _skip_end(self, _name: str) -> None:
        self._skipped -= 1
        if not self._skipped:
            self._parser.StartElementHandler = self._start
            self._parser.EndElementHandler = self._end
            if self._node.text:
                self._parser.CharacterDataHandler = self._text.append

    def _check_root(self, name: str, attributes: dict[str, str]) -> None:
        todo = f"Export it as ODM {VERSIONS[-1]}."
        other = None if name == _ROOT else _OTHER_VERSION.fullmatch(name)
        version = other[1] if other else attributes.get("ODMVersion", VERSIONS[-1])
        if name == "ODM":
            raise self.error(
                "source-format", f"the element ODM is not in the namespace {NAMESPACE}", todo
            )
        if other or (name == _ROOT and version not in VERSIONS):
            raise self.error(
                "source-format", f"the file is ODM {version}, not {one_of(VERSIONS)}", todo
            )
        if name != _ROOT:
            raise self.error(
                "source-format",
                f"the file is XML but not ODM: its first element is {name.split(' ')[-1]}",
                todo,
            )
        self._parser.StartElementHandler = self._start
        self._start(name, attributes)

    def _refuse_doctype(self, *_declared: object) -> None:
        raise self.error(
            "source-format",
            "the file has a document type declaration (DOCTYPE), which is not allowed",
            "Export the file without it: its entities could read other files.",
        )

    def _texts(self) -> Iterator[str]:
        with self.file.path.open("rb") as stream:
            chunk = stream.read(_CHUNK)
            decoder = codecs.getincrementaldecoder(self._codec(chunk))("strict")
            line = 1
            while True:
                try:
                    text = decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as fault:
                    raise self._undecodable(fault, line, final=not chunk) from None
                line += text.count("\n")
                yield text
                if not chunk:
                    return
                chunk = stream.read(_CHUNK)

    def _codec(self, head: bytes) -> str:
        for mark, codec in _MARKS:
            if head.startswith(mark):
                return codec
        declared = _DECLARED.match(head)
        name = declared[1].decode() if declared else "utf_8"
        known = _CODECS.get(name.lower().replace("-", "_"))
        if known is None:
            raise self.file.error(
                "source-encoding",
                f"the file says that its encoding is {name}, which is not read",
                "Export it in utf-8.",
                1,
            )
        return known

    def _undecodable(self, fault: UnicodeDecodeError, line: int, *, final: bool) -> SourceError:
        if final:
            return self._truncated("in the middle of a character", line)
        row = line + fault.object[: fault.start].count(b"\n")
        return self.file.error(
            "source-encoding",
            f"byte {fault.object[fault.start]:02X} is not {fault.encoding}",
            "The file is in another encoding than it says: export it again.",
            row,
        )

    def _truncated(self, where: str, row: int) -> SourceError:
        return self.file.error(
            "source-truncated",
            f"the file breaks off {where}",
            "It was cut short: export or copy it again.",
            row,
        )

    def _malformed(self, fault: expat.ExpatError) -> SourceError:
        what = expat.errors.messages.get(fault.code, "fault")
        if self._root is None:
            return self.file.error(
                "source-format",
                f"the file is not XML: {what} in column {fault.offset + 1}",
                "Export it again, or declare the format that it has.",
                fault.lineno,
            )
        if what in _CUT:
            return self._truncated("before the end of the ODM element", fault.lineno)
        return self.file.error(
            "source-format",
            f"the XML is not well formed: {what} in column {fault.offset + 1}",
            "Export the file again: it was changed by hand or damaged.",
            fault.lineno,
        )
