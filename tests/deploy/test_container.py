"""What the Containerfile does, done without an engine: its COPYs, its last RUN, its CMD, its HEALTHCHECK, SIGTERM.

The requirements are those of the tests, which are pinned to the same versions; everything else is what it copies.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.node import free_port
from tests.patience import eventually

ROOT = Path(__file__).resolve().parents[2]
FILE = (ROOT / "deploy" / "Containerfile").read_text("utf-8").replace("\\\n", " ")
HOME = "/opt/lineal"


def given(instruction: str) -> list[str]:
    """The arguments of every instruction of a kind."""
    return re.findall(rf"^{instruction} +(.+)$", FILE, re.MULTILINE)


def run(command: str, folder: Path, home: Path) -> None:
    program, *words = shlex.split(command.replace(HOME, str(home)))
    assert program == "python"
    # the image's own Python; what runs the tests may be an environment without pip
    base: str = sys._base_executable  # type: ignore[attr-defined]
    done = subprocess.run([base, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_container_is_built_starts_is_healthy_and_stops(tmp_path: Path) -> None:
    source, home, port = tmp_path / "src", tmp_path / "lineal", str(free_port())
    source.mkdir()
    for copied in given("COPY"):
        if not copied.startswith("--from"):
            *names, target = copied.split()
            for name in names:
                place = source / target if len(names) == 1 else source / Path(name).name
                place.parent.mkdir(parents=True, exist_ok=True)
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / name, place)
    make, _, install = (command for command in given("RUN") if command.startswith("python"))
    run(make, source, home)
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "requirements.pth").write_text(sysconfig.get_path("purelib"))
    run(install, source, home)
    assert {path.name for path in packages.iterdir()} >= {"compat", "registry", "web", "upcasters"}

    environment = {
        "PATH": f"{home}/bin:{os.environ['PATH']}",
        "LINEAL_DATABASE": f"sqlite:///{tmp_path / 'lineal.db'}",
    }
    [entry], [words] = given("ENTRYPOINT"), given("CMD")
    command = [*json.loads(entry), *json.loads(words.replace("8081", port))]
    checked = re.search(r"^HEALTHCHECK .* CMD (\[.+\])", FILE, re.MULTILINE)
    assert checked
    health = json.loads(checked[1].replace("8081", port))
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [home / "bin" / command[0], *command[1:]], cwd=tmp_path, env=environment, stdout=log, stderr=log
        )

    def is_healthy() -> bool:
        asked = [home / "bin" / health[0], *health[1:]]
        return subprocess.run(asked, env=environment, check=False, capture_output=True).returncode == 0

    def is_up() -> bool:
        assert server.poll() is None, (tmp_path / "log").read_text()
        return is_healthy()

    try:
        eventually(is_up, (tmp_path / "log").read_text)
        server.send_signal(getattr(signal, given("STOPSIGNAL")[0]))
        assert server.wait(30) == 0, (tmp_path / "log").read_text()
        assert not is_healthy()
    finally:
        if server.poll() is None:
            server.kill()
