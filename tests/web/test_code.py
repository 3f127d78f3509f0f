from __future__ import annotations

import json
import re
from html import unescape

from web.code import beside, highlight, pretty


def marks(before: object, after: object) -> list[tuple[str, str]]:
    return [(line.mark, line.html.striptags()) for line in beside(before, after)]


def test_tokens_are_marked_and_everything_is_escaped() -> None:
    [line] = highlight('{"a<b": "</script>", "n": -1.5e3, "t": true}', "AVRO")
    assert '<span class="t-key">&#34;a&lt;b&#34;</span>' in line
    assert '<span class="t-str">&#34;&lt;/script&gt;&#34;</span>' in line
    assert '<span class="t-num">-1.5e3</span>' in line
    assert '<span class="t-lit">true</span>' in line


def test_a_comment_over_two_lines_is_closed_on_each() -> None:
    first, second = highlight('/* one\n"two" */', "PROTOBUF")
    assert first == '<span class="t-com">/* one</span>'
    assert second == '<span class="t-com">&#34;two&#34; */</span>'


def test_highlighting_keeps_every_character() -> None:
    text = 'message A {\n  // "x" & <y>\n  optional string a = 1; \t\n\n}'
    html = "\n".join(highlight(text, "PROTOBUF"))
    assert unescape(re.sub("</?span[^>]*>", "", html)) == text


def test_an_event_unchanged_has_no_marks() -> None:
    event = {"id": "x", "lines": [{"sku": "a"}], "none": None}
    assert {line.mark for line in beside(event, event)} == {""}
    assert json.loads("".join(line.html.striptags() for line in beside(event, event)).replace("&#34;", '"')) == event


def test_added_removed_and_changed_fields_stand_in_their_places() -> None:
    before = {"id": "1", "name": "Ann", "amount": 12.5}
    after = {"id": "1", "customer": {"name": "Ann"}, "amount": 1250}
    assert [(mark, text.strip()) for mark, text in marks(before, after)] == [
        ("", "{"),
        ("", '"id": "1",'),
        ("removed", '"name": "Ann"'),
        ("added", '"customer": {'),
        ("added", '"name": "Ann"'),
        ("added", "},"),
        ("changed", '"amount": 1250'),
        ("", "}"),
    ]


def test_items_of_a_list_are_compared_one_by_one() -> None:
    assert [mark for mark, _ in marks([1, 2], [1, 3, 4])] == ["", "", "changed", "added", ""]
    assert [mark for mark, _ in marks([1, 2], [1])] == ["", "", "removed", ""]


def test_true_is_not_one() -> None:
    assert [mark for mark, _ in marks({"a": 1}, {"a": True})] == ["", "changed", ""]


def test_a_deep_event_is_no_danger() -> None:
    deep: object = 0
    for _ in range(300):
        deep = {"a": deep}
    assert beside(deep, deep)


def test_a_definition_on_one_line_is_indented_and_others_are_left_alone() -> None:
    assert pretty('{"a":1}', "JSON") == '{\n  "a": 1\n}'
    assert pretty('{"a":\n1}', "JSON") == '{"a":\n1}'
    assert pretty("message A {}", "PROTOBUF") == "message A {}"
    assert pretty("not json", "JSON") == "not json"
