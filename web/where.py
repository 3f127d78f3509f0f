"""Where the upcasters of a subject can run: every step in both directions against every place, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from upcasters.compile.capabilities import STOCK_CLIENTS
from web.views.chain import Ability, Where, WhereRow
from web.words import Tone

_RUNS: Final = Tone("good", "check", "runs")
_NOTED: Final = Tone("doubt", "question", "runs, see")
_NOT: Final = Tone("bad", "cross", "no, see")
_UNKNOWN: Final = Tone("plain", "dot", "not known")


def where(steps: Iterable[tuple[int, int, Mapping[str, Any]]]) -> Where:
    """The table over steps, each with its versions and what its proof found; reasons are numbered, each told once."""
    found = [(older, newer, _abilities(details)) for older, newer, details in steps]
    targets = list(dict.fromkeys(target for _, _, abilities in found for target, _ in abilities))
    own = [target for target in targets if target not in STOCK_CLIENTS]
    stock = [target for target in targets if target in STOCK_CLIENTS]
    notes: dict[str, int] = {}
    rows = [
        WhereRow(
            f"v{source} to v{target}",
            tuple(_ability(abilities.get((place, direction)), notes) for place in (*own, *stock)),
        )
        for older, newer, abilities in found
        for direction, source, target in (("up", older, newer), ("down", newer, older))
    ]
    names = tuple(place.removeprefix("stock ") for place in stock)
    return Where(tuple(own), names, tuple(rows), tuple(f"{note[:1].upper()}{note[1:]}" for note in notes))


def _abilities(details: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """By place and direction; nothing where the proof is older than the report."""
    return {(one["target"], one["direction"]): one for one in details.get("capabilities", ())}


def _ability(said: Mapping[str, Any] | None, notes: dict[str, int]) -> Ability:
    if said is None:
        return Ability(_UNKNOWN, 0)
    reason = str(said.get("reason", ""))
    note = notes.setdefault(reason, len(notes) + 1) if reason else 0
    if not said["supported"]:
        return Ability(_NOT, note)
    return Ability(_NOTED if note else _RUNS, note)
