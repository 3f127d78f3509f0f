"""Kill nodes and the database under load, round after round, and check everything that clients were told.

    python -m tests.prove.kills --rounds 20 --database sqlite --database postgresql

Each round is a new database with several nodes, processes of their own, and clients that register, delete and configure
without pause. Meanwhile one calamity follows the other: a node is killed and another one started, a node stands still
for a while, nodes start together, PostgreSQL crashes or is restarted, a rebuild or an export is killed. At the end,
the log is held against what the clients were told (``tests.acknowledged``), and goes into a database of the other kind
and back without a change.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
from psycopg import sql

from registry.events import Line
from registry.service import Registry
from registry.settings import load
from tests.acknowledged import Client, Told, faults, prepare
from tests.node import ROOT, Node, launch
from tests.postgresql import crash, own_server, restart

_NODES: Final = {"sqlite": 2, "postgresql": 3}
_CALAMITIES: Final = 5
"""In one round."""
_PHASE: Final = 40
"""Acknowledged writes between one calamity and the next."""
_CLIENTS: Final = 6
_LINEAL: Final = [sys.executable, "-c", "from registry.cli import main; main()", "-q"]


@dataclass
class Round:
    """One database with nodes that come and go."""

    database: str
    folder: Path
    random: random.Random
    server: Any = None
    """PostgreSQL, where it is one."""
    nodes: list[Node] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    happened: list[str] = field(default_factory=list)

    def start(self, count: int) -> None:
        """So many nodes more, at once."""
        with ThreadPoolExecutor(count) as pool:
            started = list(
                pool.map(lambda _: launch(self.database, self.folder, LINEAL_LEASE_SECONDS="1"), range(count))
            )
        self.nodes += started
        self.urls += [node.url for node in started]

    def take(self) -> Node:
        """A node that clients do not ask any more."""
        node = self.nodes.pop(self.random.randrange(len(self.nodes)))
        self.urls.remove(node.url)
        return node

    # ------------------------------------------------------------------------------------ calamities

    def kill_a_node(self) -> None:
        node = self.nodes.pop(self.random.randrange(len(self.nodes)))
        node.kill()
        self.urls.remove(node.url)
        self.start(1)

    def kill_all_nodes(self) -> None:
        """New ones start at once over what the dead have left."""
        count = len(self.nodes)
        for node in self.nodes:
            node.kill()
        self.nodes.clear()
        self.urls[:] = []
        self.start(count)

    def stop_a_node(self) -> None:
        """As an upgrade does it: requests are finished."""
        node = self.take()
        node.stop()
        self.start(1)

    def freeze_a_node(self) -> None:
        """It stands still in the middle of whatever it does, and goes on where it was."""
        node = self.random.choice(self.nodes)
        node.process.send_signal(signal.SIGSTOP)
        time.sleep(self.random.uniform(0.2, 3))
        node.process.send_signal(signal.SIGCONT)

    def kill_a_rebuild(self) -> None:
        self._kill([*_LINEAL, "rebuild", "--database", self.database])

    def kill_an_export(self) -> None:
        self._kill([*_LINEAL, "export", str(self.folder / "killed.gz"), "--force", "--database", self.database])

    def _kill(self, command: list[str]) -> None:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.random.uniform(0.3, 2.5))
        process.kill()
        process.wait()

    def crash_postgresql(self) -> None:
        crash(self.server)

    def restart_postgresql(self) -> None:
        restart(self.server)

    def cut_connections(self) -> None:
        """All connections end at once, as when a firewall forgets them."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def calamities(self) -> list[Callable[[], None]]:
        """What can happen here."""
        everywhere = [
            *(self.kill_a_node, self.kill_a_node, self.kill_all_nodes, self.stop_a_node, self.freeze_a_node),
            *(self.kill_a_rebuild, self.kill_an_export),
        ]
        if self.server is None:
            return everywhere
        return [
            *everywhere,
            self.crash_postgresql,
            self.crash_postgresql,
            self.restart_postgresql,
            self.cut_connections,
        ]


def play(one: Round, seed: int, count: int) -> None:
    """Clients and calamities, until all clients have had their answers."""
    one.start(count)
    prepare(one.urls[0])
    stop = threading.Event()
    clients = [Client(number, seed, one.urls, one.told, stop) for number in range(_CLIENTS)]
    for client in clients:
        client.start()
    try:
        for _ in range(_CALAMITIES):
            one.told.wait_for(_PHASE)
            if one.told.faults:
                break
            calamity = one.random.choice(one.calamities())
            one.happened.append(calamity.__name__)
            calamity()
        one.told.wait_for(_PHASE)
    finally:
        stop.set()
        for client in clients:
            client.join()
        for node in one.nodes:
            node.stop()


def moved(database: str, there: str, folder: Path) -> Iterator[str]:
    """What is different once the registry was exported to another database, and from there to a third."""
    first, second = folder / "first.gz", folder / "second.gz"
    original = _exported(database, first)
    copied = _exported(there, second, source=first)
    back = _exported(f"sqlite:///{folder / 'back.db'}", folder / "third.gz", source=second)
    if not original == copied == back:
        yield "an export and import has changed the log"


def _exported(database: str, to: Path, source: Path | None = None) -> list[Line]:
    """The log of a registry, which is made from an export if there is a source; and its own export."""
    registry = Registry.open(load({}, database=database))
    try:
        if source is not None:
            registry.transfer.restore(source)
        to.write_bytes(b"".join(registry.transfer.export()))
        assert registry.upkeep.verify() == []
        lines, _ = registry.transfer.lines(0, 10**6)
        return lines
    finally:
        registry.close()


# ---------------------------------------------------------------------------------------- the command


@contextmanager
def _database(server: Any) -> Iterator[str]:
    """A new database of the server."""
    name = f"kills_{uuid4().hex}"
    url: str = server.get_uri()
    head, question, parameters = url.partition("?")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield f"{head.rsplit('/', 1)[0]}/{name}{question}{parameters}"
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def run(kind: str, seed: int, server: Any, counts: Counter[str]) -> list[str]:
    """One round; what is wrong."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lineal-kills-")))
        file, on_postgresql = f"sqlite:///{folder / 'lineal.db'}", stack.enter_context(_database(server))
        here, there = (file, on_postgresql) if kind == "sqlite" else (on_postgresql, file)
        one = Round(here, folder, random.Random(seed), server if kind == "postgresql" else None)
        try:
            play(one, seed, _NODES[kind])
            found = [*faults(here, one.told), *moved(here, there, folder)]
        except Exception:  # noqa: BLE001 - a round that breaks off is a result of this run
            found = [*one.told.faults, f"broken off: {traceback.format_exc()}"]
        counts.update(f"{kind}: {name}" for name in one.happened)
        counts["writes acknowledged"] += len(one.told.writes)
        counts["proposals refused"] += one.told.refused
        counts["requests sent again"] += one.told.repeated
        if found:
            found += [f"the output of a node: {text}" for path in folder.glob("*.log") if (text := _end_of(path))]
        return found


def _end_of(log: Path) -> str:
    """The last lines, where a node tells of an error."""
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return "\n    ".join(lines[-30:]) if any("rror" in line for line in lines) else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="on each database")
    parser.add_argument("--seed", type=int, default=0, help="of the first round: which calamities, and when")
    parser.add_argument("--database", action="append", choices=sorted(_NODES), help="again for both (default)")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    wrong = 0
    started = time.monotonic()
    with own_server() as server:
        for seed in range(options.seed, options.seed + options.rounds):
            for kind in options.database or sorted(_NODES):
                found = run(kind, seed, server, counts)
                wrong += bool(found)
                counts[f"rounds on {kind}"] += 1
                seconds = time.monotonic() - started
                print(f"{kind} {seed}: {len(found)} faults, {seconds:,.0f} s so far", *found, sep="\n  ", flush=True)
    for name, count in sorted(counts.items()):
        print(f"{name:40} {count:10,}")
    print(f"{'rounds with faults':40} {wrong:10,}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
