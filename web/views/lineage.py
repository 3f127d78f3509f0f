"""The picture of who writes an event and who reads it."""

from __future__ import annotations

from dataclasses import dataclass

from web.views.listing import Option
from web.words import Tone


@dataclass(frozen=True, slots=True)
class Node:
    """A box: an application or a subject. Lengths are units of the picture, about a pixel each."""

    key: str
    x: float
    y: float
    width: float
    height: float
    name: str
    """As much of it as fits."""
    hint: str
    url: str
    label: str
    """What it does, in full, for those who do not see the picture."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A curve from a box to the one on its right, with a sign at ``x``, ``y`` where it says how a reader gets on."""

    ends: tuple[str, str]
    curve: str
    tone: Tone
    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Lineage:
    """Writers, subjects and readers in three columns, joined."""

    width: float
    height: float
    columns: tuple[tuple[float, str], ...]
    """Where each column begins, and its heading."""
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    hidden: int
    """Subjects that found no room."""
    environments: tuple[Option, ...]
    environment: str
