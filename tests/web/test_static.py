from __future__ import annotations

import hashlib
import json
from pathlib import Path

from web.rendering import STATIC

VENDOR = STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "vendored.json").read_text())


def test_what_is_vendored_is_what_was_released() -> None:
    for name, part in MANIFEST.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == part["sha256"], name
        assert (VENDOR / part["licence_file"]).is_file(), name


def test_nothing_is_vendored_without_version_hash_and_licence() -> None:
    known = set(MANIFEST) | {part["licence_file"] for part in MANIFEST.values()} | {"vendored.json"}
    assert {path.name for path in VENDOR.iterdir()} == known


def size(*paths: Path) -> int:
    return sum(path.stat().st_size for path in paths)


def test_a_page_stays_light() -> None:
    engine = [STATIC / "play.js", STATIC / "beside.js"]  # where upcasters are shown, and nowhere else
    own = [path for path in STATIC.glob("*.js") if path not in engine]
    assert size(*own) < 15_000
    assert size(*engine) < 10_000
    assert size(*own, *VENDOR.glob("*.js")) < 70_000
    assert size(STATIC / "app.css") < 32_000


def test_own_modules_keep_to_the_policy() -> None:
    for path in STATIC.glob("*.js"):
        text = path.read_text()
        for forbidden in ("eval(", "new Function", "innerHTML", "document.write", "http://", "https://", ".style."):
            assert forbidden not in text, f"{path.name}: {forbidden}"
