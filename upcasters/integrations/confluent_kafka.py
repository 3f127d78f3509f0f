"""For ``confluent-kafka``: fused plans in place of JSONata rules, and a deserializer that upcasts.

    registry = RuleRegistry()
    registry.register_executor(PlanExecutor(Client(url)))
    JSONDeserializer(schema, schema_registry_client=..., conf={"use.latest.version": True}, rule_registry=registry)

The executor takes the place of JSONata's. Rules that lineal compiled are run as plans (decimals, timestamps and bytes
included, which JSONata refuses); all other rules fall through to JSONata.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

from confluent_kafka.schema_registry import Rule
from confluent_kafka.schema_registry.serde import RuleContext, RuleExecutor
from confluent_kafka.serialization import SerializationContext

from upcasters.chain import Chain
from upcasters.client import Client, Upcaster
from upcasters.errors import RegistryRefused, UpcastersError, UpcastFailed
from upcasters.failures import Account, Policy, Report
from upcasters.integrations.kafka_records import unframed

_FROM, _TO, _HASH = "lineal.from", "lineal.to", "lineal.hash"
_RULES: Final = 10_000
"""Rules of a client whose plans are known by the rule itself."""
RETRY_SECONDS: Final = 10.0
"""How long a plan that the registry neither gave nor said not to have is not asked for; JSONata runs it meanwhile."""


class PlanExecutor(RuleExecutor):
    """Runs the rules that lineal compiled as fused plans, every other JSONata rule as it stands."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._plans: dict[tuple[str, str, str, str], Chain | None] = {}
        self._again: dict[tuple[str, str, str, str], float] = {}
        """When to ask anew for a plan that may be there after all."""
        self._by_rule: dict[tuple[str, int], tuple[Rule, Chain]] = {}
        self._lock = Lock()
        self._fallback: Any = None

    def type(self) -> str:
        return "JSONATA"

    def transform(self, ctx: RuleContext, message: Any) -> Any:
        """What the rule makes of a message. Raises UpcastFailed with the operation and the place."""
        rule = ctx.rule
        known = self._by_rule.get((ctx.subject, id(rule)))
        if known is not None:
            return known[1](message)
        params = getattr(rule.params, "params", None) or {}
        chain = self._plan(ctx.subject, params) if _HASH in params else None
        if chain is None:
            return self._jsonata(ctx, message)
        if len(self._by_rule) >= _RULES:
            self._by_rule.clear()  # a client that asks for the latest version anew has new objects each time
        self._by_rule[ctx.subject, id(rule)] = rule, chain  # with the rule, so that nothing else gets its id
        return chain(message)

    def _plan(self, subject: str, params: dict[str, str]) -> Chain | None:
        """The plan of the very step the rule was compiled from; None where the registry has another by now."""
        key = (subject, params[_FROM], params[_TO], params[_HASH])
        if key in self._plans:
            return self._plans[key]
        if time.monotonic() < self._again.get(key, 0.0):
            return None
        try:
            self._plans[key] = self._fetched(*key)
        except RegistryRefused:
            self._again[key] = time.monotonic() + RETRY_SECONDS
            return None
        return self._plans[key]

    def _fetched(self, subject: str, source: str, target: str, digest: str) -> Chain | None:
        try:
            chain = self._client.chain(subject, int(source), int(target))
        except RegistryRefused:
            raise
        except UpcastersError:
            return None
        return chain if [step.digest for step in chain.steps] == [digest] else None

    def _jsonata(self, ctx: RuleContext, message: Any) -> Any:
        with self._lock:
            if self._fallback is None:
                from confluent_kafka.schema_registry.rules.jsonata.jsonata_executor import (
                    JsonataExecutor,
                )

                self._fallback = JsonataExecutor()
        return self._fallback.transform(ctx, message)


class UpcastingDeserializer:
    """Wraps a deserializer that gives events as they were written, and brings them to one version.

    Leave ``use.latest.version`` out of the wrapped one: it must not migrate by itself. Use one per consumer.
    """

    def __init__(
        self,
        deserializer: Callable[[bytes, SerializationContext], Any],
        upcaster: Upcaster,
        client: Client,
        *,
        on_failure: Policy = "raise",
    ) -> None:
        """``on_failure`` says what becomes of an event that cannot be brought over; see ``upcasters.failures``."""
        self._deserializer = deserializer
        self._upcaster = upcaster
        self._client = client
        self._account = Account(on_failure)

    def report(self) -> Report:
        """What became of the events so far, in numbers."""
        return self._account.report()

    def __call__(self, data: bytes | None, ctx: SerializationContext) -> Any:
        """The event in the wanted version; None for a tombstone, SKIPPED for an event that failed and is not handed on.

        A message without a frame is an event that fails. Raises NoChain, UpcastFailed under the policy ``raise``, and
        what the wrapped deserializer raises: a registry that does not answer cannot be told from it.
        """
        if data is None:
            return None
        try:
            schema_id, _ = unframed(data, f"a message of {ctx.topic} (leave headers with GUIDs to the executor)")
        except UpcastersError as error:
            return self._account.bring(data, self._refusal(str(error)))
        version = self._client.version(self._upcaster.subject, schema_id)
        return self._account.bring(self._deserializer(data, ctx), self._upcaster.chain(version))

    def _refusal(self, reason: str) -> Callable[[Any], Any]:
        def refuse(_stored: Any) -> Any:
            raise UpcastFailed(self._upcaster.subject, (0, 0), "", "", reason)

        return refuse
