"""The checker of Apache Avro's Python package as a judge: where the two differ, the reason is known.

That checker looks at schemas alone. It is stricter about types that have no values, and laxer where readers take the
first branch, where aliases clash, and about bytes that become strings: there our witness, executed, decides.
"""

from __future__ import annotations

import warnings

import pytest

from tests.compat.avro.laws import blocking, findings, parse, refuted
from tests.compat.avro.strategies import random_pair

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import avro.errors
    import avro.schema
    from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType


def _avro_says_compatible(writer: str, reader: str) -> bool | None:
    """None if the package does not take the schemas."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            parsed = [avro.schema.parse(text) for text in (reader, writer)]
        except avro.errors.SchemaParseException:
            return None
    result = ReaderWriterCompatibilityChecker().get_compatibility(*parsed)
    return result.compatibility is SchemaCompatibilityType.compatible


@pytest.mark.parametrize("block", range(4))
def test_no_contradiction_is_left_unexplained(block: int) -> None:
    compared = 0
    for seed in range(block * 400, (block + 1) * 400):
        pair = random_pair(seed)
        theirs = _avro_says_compatible(*pair.texts)
        if theirs is None:
            continue
        compared += 1
        writer, reader = map(parse, pair.texts)
        found = blocking(findings(writer, reader))
        if theirs and found:
            assert all(each.witness and refuted(writer, reader, each.witness) is None for each in found), seed
        if not theirs and not found:
            assert len(writer.weights) < len(writer.nodes), f"seed {seed}: only types without values excuse this"
    assert compared > 350
