"""Checks, measured: how many of which outcome, how long they take, and how much of that runs real decoders."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from compat.budget import Limits
from compat.check import check
from compat.definition import Definition
from compat.level import Level
from compat.profile import Criteria
from compat.stopwatch import EXECUTION
from compat.verdict import Verdict
from registry.telemetry import metrics, tracing


def judge(
    level: Level,
    candidate: Definition,
    history: Sequence[Definition],
    *,
    everything: bool = False,
    criteria: Criteria,
    limits: Limits,
) -> Verdict:
    """``compat.check.check``, measured."""
    format_ = candidate.format.value
    started, executed = perf_counter(), EXECUTION.seconds
    with tracing.span("check", {"lineal.format": format_, "lineal.compared": len(history)}):
        verdict = check(level, candidate, history, everything=everything, criteria=criteria, limits=limits)
    metrics.CHECKS.labels(format_, verdict.outcome.value).inc()
    metrics.CHECK_SECONDS.labels(format_).observe(perf_counter() - started)
    metrics.WITNESS_SECONDS.labels(format_).inc(EXECUTION.seconds - executed)
    return verdict
