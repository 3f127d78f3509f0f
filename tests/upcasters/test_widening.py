"""Filtered subscriptions know which old types they need as well."""

from __future__ import annotations

from typing import Any

from upcasters.document import read
from upcasters.widening import sources


def document(subject: str, source: int, *ops: dict[str, Any]) -> Any:
    return read({"upcast": 1, "subject": subject, "from": source, "to": source + 1, "ops": list(ops)})


def test_old_names_are_found_over_any_number_of_steps() -> None:
    documents = [
        document("Order", 1, {"retype": {"from": "OrderMade", "to": "OrderPlaced"}}),
        document("Order", 2, {"rename": {"at": "/a", "to": "b"}}),
        document("Order", 3, {"retype": {"from": "OrderPlaced", "to": "OrderTaken"}}),
        document("Signup", 1, {"emit": {"events": [{"type": "UserCreated"}, {"type": "OrderMade"}]}}),
        document("Other", 1, {"retype": {"from": "X", "to": "Y"}}),
    ]
    found = {(one.type, one.becomes, one.subject, one.version) for one in sources("OrderTaken", documents)}
    assert found == {
        ("OrderPlaced", "OrderTaken", "Order", 3),
        ("OrderMade", "OrderPlaced", "Order", 1),
        ("Signup", "OrderMade", "Signup", 1),
    }
    assert sources("OrderMade", documents[:1]) == ()


def test_types_that_lead_to_each_other_end() -> None:
    documents = [
        document("A", 1, {"retype": {"from": "A", "to": "B"}}),
        document("A", 2, {"retype": {"from": "B", "to": "A"}}),
    ]
    assert {one.type for one in sources("A", documents)} == {"A", "B"}
