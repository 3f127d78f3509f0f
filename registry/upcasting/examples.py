"""The author's examples, run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compat.errors import CompatError
from registry.upcasting.edge import Edge
from registry.upcasting.events import from_json
from registry.upcasting.json_form import json_form
from registry.upcasting.report import Check, Finding
from upcasters.errors import UpcastersError
from upcasters.functions import same
from upcasters.trace import first_difference


def wrong_examples(edge: Edge) -> Iterator[Finding]:
    """Examples that do not hold."""
    for index, example in enumerate(edge.document.examples):
        for message, pointer, result in _wrong(edge, example.given, example.wanted):
            yield Finding(Check.EXAMPLES, f"/examples/{index}", pointer, message, "", example.given, result)


def _wrong(edge: Edge, given: Any, wanted: Any) -> Iterator[tuple[str, str, Any]]:
    if edge.gathers and not (isinstance(given, list) and given):
        yield "'in' is no list of events, which the document gathers", "", None
        return
    old, version = edge.old, edge.document.source
    payloads: list[Any] = []
    for event in given if edge.gathers else [given]:
        try:
            payloads.append(from_json(old, event))
        except CompatError as error:
            yield f"'in' is no event of version {version}: {error}", "", None
            return
        for violation in old.engine.violations(old.schema, payloads[-1]):
            yield f"'in' is no event of version {version}: {violation.message}", violation.pointer, None
            return
    try:
        result = _outcome(edge, payloads)
    except UpcastersError as error:
        yield str(error), getattr(error, "pointer", ""), None
        return
    if not same(result, wanted):
        yield "'in' becomes something else than 'out'", first_difference(result, wanted), result


def _outcome(edge: Edge, payloads: list[Any]) -> Any:
    """What an example becomes, as JSON: null where the event is dropped; by ``emit`` a list of events."""
    if edge.gathers:
        made = edge.gathered(payloads)
        return None if made is None else json_form(edge.new, made.payload)
    if not edge.stream_level:
        return json_form(edge.new, edge.chain(payloads[0]))
    results = edge.results(payloads[0])
    if edge.emits:
        return [{"type": result.type, "payload": json_form(edge.new, result.payload)} for result in results]
    return json_form(edge.new, results[0].payload) if results else None
