"""Read YAML as JSON: no aliases, no tags, no repeated keys, and no dates where an author wrote a text."""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from upcasters.errors import InvalidDocument


class _Loader(yaml.SafeLoader):
    """YAML's core schema: null, booleans, integers, floats and text only."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own shape

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise InvalidDocument(f"an alias in line {mark.line + 1}", remedy="write the value out")
        return super().compose_node(parent, index)


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(?:[0-9]*\.[0-9]+|[0-9]+\.|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$", list("-+0123456789.")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def parse(text: str) -> Any:
    """The JSON tree of a YAML text. Raises InvalidDocument."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        raise InvalidDocument(
            f"character {error.position + 1} (U+{error.character:04X}) is not allowed in YAML", remedy="remove it"
        ) from error
    try:
        node = loader.get_single_node()
        return None if node is None else _tree(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InvalidDocument(
            f"not YAML: {getattr(error, 'problem', None) or 'unreadable'}{where}", remedy="correct the text there"
        ) from error
    except RecursionError as error:
        raise InvalidDocument("the document is nested too deeply", remedy="flatten it") from error
    finally:
        loader.dispose()


def _tree(node: Node) -> Any:
    match node:
        case MappingNode():
            return _object(node)
        case SequenceNode():
            return [_tree(item) for item in node.value]
        case ScalarNode(tag="tag:yaml.org,2002:null"):
            return None
        case ScalarNode(tag="tag:yaml.org,2002:bool"):
            return node.value.lower() == "true"
        case ScalarNode(tag="tag:yaml.org,2002:int"):
            return int(node.value)
        case ScalarNode(tag="tag:yaml.org,2002:float"):
            return float(node.value)
        case ScalarNode(tag="tag:yaml.org,2002:str"):
            return node.value
        case _:
            raise InvalidDocument(f"the tag {node.tag!r} in line {node.start_mark.line + 1}", remedy="write plain YAML")


def _object(node: MappingNode) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            raise InvalidDocument(f"a key that is no text in line {line}", remedy="write a plain key")
        if key.value in members:
            raise InvalidDocument(f"the key {key.value!r} stands twice, line {line}", remedy="keep one of them")
        members[key.value] = _tree(value)
    return members
