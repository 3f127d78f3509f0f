"""The five rules that stock clients run: JSONata beside the plans that the executor puts in its place, step by step.

Run: .venv/bin/python tests/benchmarks/rule_executor.py
"""

from __future__ import annotations

from typing import Any

import jsonata

from tests.benchmarks.fused_plan import EVENT, SHAPE, STEPS, measure
from upcasters.chain import Chain
from upcasters.compile.jsonata import compile_step
from upcasters.document import read
from upcasters.shape_change import change


def main() -> None:
    """Measure and print."""
    shape: Any = SHAPE
    rules, plans = [], []
    for version, ops in enumerate(STEPS, 1):
        step = read({"upcast": 1, "subject": "s", "from": version, "to": version + 1, "ops": ops})
        rules.append(jsonata.Jsonata(compile_step(step.ops, shape, wide_integers=False)))
        plans.append(Chain.up([step], shape).function)
        shape = change(step.ops, shape).shape

    def by_rules() -> Any:
        event: Any = EVENT
        for rule in rules:
            event = rule.evaluate(event)
        return event

    def by_plans() -> Any:
        event: Any = EVENT
        for plan in plans:
            event = plan(event)
        return event

    assert by_rules() == by_plans()
    times = measure({"five JSONata rules": by_rules, "five plans": by_plans}, rounds=8)
    for name, value in times.items():
        print(f"{name:20} {value:9.1f} us/event")
    print(f"JSONata / plans      {times['five JSONata rules'] / times['five plans']:6.0f}   (target: at least 30)")


if __name__ == "__main__":
    main()
