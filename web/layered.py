"""Places the boxes of a picture in three columns, so that their lines cross little and none hides another.

The order within a column follows the mean place of what a box is joined to (the barycentre heuristic of Sugiyama,
Tagawa and Toda, 1981); each line has a port of its own on either box.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

HEAD: Final = 34.0
"""Room for the headings of the columns. All lengths are units of the picture, about a pixel each."""
COLUMNS: Final = ((0.0, 236.0), (392.0, 316.0), (864.0, 236.0))
"""Where each column begins, and how wide its boxes are."""
WIDTH: Final = COLUMNS[-1][0] + COLUMNS[-1][1]
_PORT: Final = 20.0
_LEAST: Final = 48.0
_GAP: Final = 14.0
_ROUNDS: Final = 4

Joint = tuple[str, str]
"""The keys of two boxes, the left one first."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box's place."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where its outgoing lines start."""
        return self.left + self.width

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.top + self.height / 2


@dataclass(frozen=True, slots=True)
class Layout:
    """Every box, and for every joint the heights at which its line leaves one box and reaches the other."""

    boxes: Mapping[str, Box]
    ports: Mapping[Joint, tuple[float, float]]
    height: float


def layout(columns: Sequence[Sequence[str]], joints: Sequence[Joint]) -> Layout:
    """Place the keys of three columns; the middle one is the backbone that the outer ones follow."""
    reaching: dict[str, list[Joint]] = {key: [] for column in columns for key in column}
    leaving: dict[str, list[Joint]] = {key: [] for key in reaching}
    for joint in joints:
        leaving[joint[0]].append(joint)
        reaching[joint[1]].append(joint)
    neighbours = {key: [one[1] for one in leaving[key]] + [one[0] for one in reaching[key]] for key in reaching}
    heights = {key: max(_LEAST, _PORT * (max(len(leaving[key]), len(reaching[key])) + 0.6)) for key in reaching}
    writers, backbone, readers = _ordered(columns, neighbours)
    boxes = _stacked(backbone, 1, heights, {})
    wanted = {key: _mean(boxes[one].middle for one in neighbours[key]) for key in (*writers, *readers)}
    boxes |= _stacked(writers, 0, heights, wanted) | _stacked(readers, 2, heights, wanted)
    starts = {joint: at for key in leaving for joint, at in _ports(boxes, boxes[key], leaving[key], end=1)}
    ends = {joint: at for key in reaching for joint, at in _ports(boxes, boxes[key], reaching[key], end=0)}
    bottom = max((box.top + box.height for box in boxes.values()), default=HEAD)
    return Layout(boxes, {joint: (starts[joint], ends[joint]) for joint in joints}, bottom + 2)


def _ordered(columns: Sequence[Sequence[str]], neighbours: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Each column by the mean place of its neighbours, the outer ones and the backbone in turn."""
    ordered = [list(column) for column in columns]
    place = {key: index / max(len(column), 1) for column in ordered for index, key in enumerate(column)}
    for turn in range(_ROUNDS):
        for number in (0, 2) if turn % 2 == 0 else (1,):
            column = ordered[number]
            column.sort(key=lambda key: _mean(place[one] for one in neighbours[key]))
            place |= {key: index / len(column) for index, key in enumerate(column)}
    return ordered


def _stacked(
    column: Sequence[str], number: int, heights: Mapping[str, float], wanted: Mapping[str, float]
) -> dict[str, Box]:
    """A column from the top down; each box as near as it can be to the middle it wants."""
    left, width = COLUMNS[number]
    boxes: dict[str, Box] = {}
    top = HEAD
    for key in column:
        top = max(top, wanted.get(key, 0.0) - heights[key] / 2)
        boxes[key] = Box(left, top, width, heights[key])
        top += heights[key] + _GAP
    return boxes


def _ports(boxes: Mapping[str, Box], box: Box, joints: Sequence[Joint], *, end: int) -> list[tuple[Joint, float]]:
    """One port per joint, evenly down the box's side, in the order of the boxes at the other ``end``."""
    inorder = sorted(joints, key=lambda joint: boxes[joint[end]].middle)
    first = box.middle - _PORT * (len(joints) - 1) / 2
    return [(joint, first + _PORT * index) for index, joint in enumerate(inorder)]


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0
