"""JavaScript, in a ``node`` of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any, Final

from registry.upcasting.engines.clock import Clock, NotCompared
from registry.upcasting.engines.engine import REFUSED, Asked, Engine
from registry.upcasting.engines.forms import AS_PARSED
from upcasters.compile import javascript

_EACH: Final = """
process.stdout.write(JSON.stringify(JSON.parse(EVENTS).map((event) => {
  try { return { is: upcast(event) }; } catch (error) { return {}; }
})));
"""


def _run(asked: Asked, events: Sequence[Any], clock: Clock) -> list[Any]:
    node = shutil.which("node")
    if node is None:
        raise NotCompared("there is no node on the PATH")
    module = javascript.source(asked.plan).replace("export function", "function")
    program = f"{module}\n{_EACH.replace('EVENTS', json.dumps(json.dumps(events)))}"
    try:
        done = subprocess.run(  # noqa: S603 - the program is generated here, of a language without input or output
            [node, "--input-type=module", "--max-old-space-size=256", "-"],
            input=program, capture_output=True, text=True, encoding="utf-8", timeout=clock.left, env={}, check=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise clock.over() from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotCompared(f"node does not run: {error}") from error
    return [result.get("is", REFUSED) for result in json.loads(done.stdout)]


def _parsed(_asked: Asked, value: Any) -> Any:
    return AS_PARSED.of(value)


ENGINES: Final = (Engine("JavaScript", _run, _parsed, _parsed),)
