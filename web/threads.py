"""Handlers that wait for the database run beside the event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from anyio import to_thread

P = ParamSpec("P")
T = TypeVar("T")


def in_thread(handler: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """A coroutine that runs a handler in a worker thread.

    Litestar 2.25's own ``sync_to_thread=True`` wraps a handler once per registration, so that one that stands at two
    paths, or shares its path with another method, answers with a coroutine nobody awaits.
    """

    @wraps(handler)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> T:
        return await to_thread.run_sync(lambda: handler(*args, **kwargs))

    return answer
