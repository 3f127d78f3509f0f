"""Which types have a value at all, and how small the smallest one is: a least fixpoint.

A record that contains itself unconditionally has no finite value, nor has an empty enum or union. A writer of such
a type writes nothing, so nothing it declares can hurt a reader.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from compat.avro.schema import Array, Enum, Fixed, Map, Node, Record, Union, children


def weights(nodes: Sequence[Node]) -> Mapping[Node, int]:
    """The number of values in the smallest value of each node; nodes without a finite value are missing.

    A kilobyte of a fixed type counts as a value.
    Knuth's generalisation of Dijkstra's algorithm: O(edges · log nodes). The numbers are exact and may be huge.
    """
    parents: dict[Node, list[Node]] = {node: [] for node in nodes}
    missing: dict[Node, int] = {}
    found: dict[Node, int] = {}
    heap: list[tuple[int, int, Node]] = []
    serial = 0
    for node in nodes:
        parts = () if isinstance(node, Array | Map) else tuple(children(node))
        for part in parts:
            parents[part].append(node)
        missing[node] = len(parts)
        if not parts and not isinstance(node, Union) and not (isinstance(node, Enum) and not node.symbols):
            weight = 1 + node.size // 1024 if isinstance(node, Fixed) else 1
            heapq.heappush(heap, (weight, serial := serial + 1, node))
    sums = dict.fromkeys(nodes, 1)
    while heap:
        weight, _, node = heapq.heappop(heap)
        if node in found:
            continue
        found[node] = weight
        for parent in parents[node]:
            sums[parent] += weight
            missing[parent] -= 1
            if isinstance(parent, Union):
                heapq.heappush(heap, (weight + 1, serial := serial + 1, parent))
            elif not missing[parent]:
                heapq.heappush(heap, (sums[parent], serial := serial + 1, parent))
    return found


def weight_by_parts(node: Node, known: Mapping[Node, int]) -> int:
    """The weight of one node from those of its parts. Raises LookupError where that takes the fixpoint."""
    match node:
        case Union(branches=()) | Enum(symbols=()):
            raise LookupError
        case Union(branches=branches):
            return 1 + min([known[branch] for branch in branches])
        case Record(fields=fields):
            return 1 + sum([known[each.type] for each in fields])
        case Fixed(size=size):
            return 1 + size // 1024
        case _:
            return 1


def lightest(union: Union, weight: Mapping[Node, int]) -> int | None:
    """Index of the branch with the smallest value, None if no branch has one."""
    usable = [(weight[branch], index) for index, branch in enumerate(union.branches) if branch in weight]
    return min(usable)[1] if usable else None


def heights(weight: Mapping[Node, int]) -> Mapping[Node, int]:
    """How deep the smallest value of each node nests. Parts are lighter than the whole, so by rising weight."""
    result: dict[Node, int] = {}
    for node in sorted(weight, key=weight.__getitem__):
        match node:
            case Union(branches=branches):
                index = lightest(node, weight)
                result[node] = result[branches[index]] if index is not None else 0
            case Record(fields=fields):
                result[node] = 1 + max((result[each.type] for each in fields), default=0)
            case _:
                result[node] = 0
    return result
