"""Handlers that wait for a commit which they share with others wait apart from those that only ask.

The framework's own threads are a few per core, which is right for work; but of requests that wait for the same
commit as many can come together as there are threads for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, TypeVar

T = TypeVar("T")

_THREADS: Final = ThreadPoolExecutor(64, "lineal-writer")
"""As many as may share a commit (``registry.storage.batches``). They are started when they are needed."""


async def together(work: Callable[[], T]) -> T:
    """What ``work`` returns, on behalf of the same caller. Raises what it raises."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, copy_context().run, work)
