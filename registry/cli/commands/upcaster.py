"""``lineal upcaster draft | verify | publish | bundle | compile``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from compat.gate.errors import Misconfigured
from compat.gate.reports.text import event_text
from registry.cli import upcasting
from registry.cli.console import Console
from registry.cli.draft_text import draft_text
from registry.cli.errors import Refusal
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote
from registry.cli.upcasting import Comparison, Proof
from registry.settings import ENGINES, PREFIX
from upcasters.compile.targets import TARGETS, files
from upcasters.document import Document, load
from upcasters.errors import InvalidDocument, UpcastersError

_EXAMPLES: Final = """\b
Examples:
  lineal upcaster draft orders.OrderPlaced --from 2 > 2-3.yaml     a first version, with questions
  lineal upcaster verify 2-3.yaml                                  is it proven?
  lineal upcaster publish 1-2.yaml 2-3.yaml                        put in force
"""


@click.group(epilog=_EXAMPLES)
def command() -> None:
    """Draft, prove, publish and compile upcasters: the documents that bring events from one version to the next."""


@command.command(
    epilog="""\b
Example:
  lineal upcaster draft orders.OrderPlaced --from 2 --to 3 > 2-3.yaml
"""
)
@click.argument("subject")
@click.option("--from", "source", required=True, metavar="VERSION", help="The older version.")
@click.option("--to", "target", default="next", show_default=True, metavar="VERSION", help="The newer version.")
@click.pass_obj
@project_options
def draft(project: Project, console: Console, subject: str, source: str, target: str) -> None:
    """Propose the upcaster between two versions of SUBJECT, as YAML with a comment where you have to decide."""
    with Remote(project.configuration.registry) as remote:
        proposed = upcasting.draft(remote, subject, source, target)
    console.report(draft_text(proposed.document, proposed.questions))
    count = len(proposed.questions)
    if count:
        console.note(f"{count} {'thing is' if count == 1 else 'things are'} left to decide: look for '# decide'")
    if not proposed.proof.accepted:
        console.note("it is not proven yet:")
        for line in _lines(proposed.proof):
            console.note(line)
    elif not proposed.questions:
        console.note("nothing is left to decide: `lineal upcaster publish` takes it as it is")


@command.command(
    epilog="""\b
Examples:
  lineal upcaster verify 2-3.yaml
  lineal upcaster verify 2-3.yaml --engine Spark --engine DuckDB                     in this process
  lineal upcaster verify 2-3.yaml --engine PostgreSQL --postgresql postgresql://user@host/name
"""
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--engine", "names", multiple=True, type=click.Choice(ENGINES, case_sensitive=False),
              help="Prove here, not in the registry, and hold to this engine; may be given again.")  # fmt: skip
@click.option("--postgresql", envvar=f"{PREFIX}PROOF_POSTGRESQL", default="", metavar="URL",
              help="The server that --engine PostgreSQL asks. Nothing is left there.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(0, min_open=True), default=120.0, show_default=True,
              help="How long all that --engine names may take together for one upcaster.")  # fmt: skip
@click.pass_obj
@project_options
def verify(
    project: Project,
    console: Console,
    files: tuple[str, ...],
    names: tuple[str, ...],
    postgresql: str,
    seconds: float,
) -> int:
    """Prove upcasters against the two versions they join, without publishing them."""
    failed = 0
    with Remote(project.configuration.registry) as remote, console.progress("verify", len(files)) as step:
        for file in files:
            text, document = _read(file)
            if names:
                proof = upcasting.verify_here(remote, document, names, postgresql, seconds)
            else:
                proof = upcasting.verify(remote, text)
            failed += not proof.accepted
            word = console.paint("good", "proven") if proof.accepted else console.paint("error", "refused")
            console.report(f"{file}  {word}  {proof.events} events tried, {proof.kind}, down: {proof.down}")
            for line in _lines(proof):
                console.report(line)
            step(file)
    return 1 if failed else 0


@command.command(
    epilog="""\b
Example:
  lineal upcaster publish upcasters/*.yaml
"""
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.pass_obj
@project_options
def publish(project: Project, console: Console, files: tuple[str, ...]) -> int:
    """Prove upcasters and put them in force; each names its own subject and versions."""
    refused = 0
    documents = [(file, *_read(file)) for file in files]
    with Remote(project.configuration.registry) as remote, console.progress("publish", len(files)) as step:
        for file, text, document in documents:
            try:
                done = upcasting.publish(remote, document.subject, text)
            except Refusal as refusal:
                refused += 1
                console.report(f"{file}  {console.paint('error', 'refused')}  {refusal.message}")
            else:
                about = f"{done.subject} {done.source} → {done.target}, revision {done.revision}, {done.hash[:12]}"
                console.report(f"{file}  {console.paint('good', 'in force')}  {about}")
            step(file)
    return 1 if refused else 0


@command.command(
    "bundle",
    epilog="""\b
Example:
  lineal upcaster bundle shop.OrderPlaced shop.OrderPaid --output chains.json
""",
)
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...")
@click.option("--to", "target", default="latest", show_default=True, metavar="VERSION", help="The version to reach.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.pass_obj
@project_options
def bundle(project: Project, console: Console, subjects: tuple[str, ...], target: str, output: Path) -> int:
    """Write the chains of subjects from all their versions to one file: with it, readers need no registry."""
    with Remote(project.configuration.registry) as remote:
        data = upcasting.bundle(remote, subjects, target)
    output.write_bytes(data)
    console.report(f"{output}  {len(subjects)} subjects, {len(data)} bytes")
    return 0


@command.command(
    "compile",
    epilog="""\b
Examples:
  lineal upcaster compile orders.OrderPlaced --from 1 --for javascript --output upcast/   an npm package
  lineal upcaster compile orders.OrderPlaced --from 1 --for spark --output sql/
""",
)
@click.argument("subject")
@click.option("--from", "source", required=True, metavar="VERSION", help="The version events were written with.")
@click.option("--to", "target", default="latest", show_default=True, metavar="VERSION", help="The version to reach.")
@click.option("--for", "place", required=True, type=click.Choice(sorted(TARGETS)), help="Where events are read.")
@click.option("--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the files.")
@click.pass_obj
@project_options
def compile_for(
    project: Project, console: Console, subject: str, source: str, target: str, place: str, output: Path
) -> int:
    """Write the chain between two versions of SUBJECT for JavaScript or a database, as files."""
    with Remote(project.configuration.registry) as remote:
        chain = upcasting.chain(remote, subject, source, target)
    try:
        written = files(chain, place)
    except UpcastersError as cause:
        raise Misconfigured(f"{subject} {chain.source} → {chain.target} cannot run there: {cause}") from cause
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            (output / name).write_text(text, encoding="utf-8")
            console.report(str(output / name))
    except OSError as cause:
        raise Misconfigured(f"{output} cannot be written: {cause.strerror}") from cause
    return 0


def _read(file: str) -> tuple[str, Document]:
    """The text of a document and what it says. Raises Misconfigured with the place."""
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
        return text, load(text)
    except OSError as cause:
        raise Misconfigured(f"{file} cannot be read: {cause.strerror}") from cause
    except UnicodeDecodeError as cause:
        raise Misconfigured(f"{file} is not UTF-8 text (byte {cause.start})") from cause
    except InvalidDocument as cause:
        raise Misconfigured(f"{file}: {cause}") from cause


def _lines(proof: Proof) -> Iterator[str]:
    for finding in proof.findings:
        where = finding.pointer or "the root"
        yield f"    {finding.place or finding.check}: {finding.message} (at {where} of the event)"
        if finding.remedy:
            yield f"        remedy  {finding.remedy}"
        if finding.event is not None:
            first, *rest = event_text(finding.event).splitlines()
            yield f"        event   {first}"
            yield from (f"                {line}" for line in rest)
    for engine in proof.compared:
        yield f"    {engine.engine} on the way {engine.direction}: {_compared(engine)}"
    for pointer, reason, direction in proof.losses:
        yield f"    loses {pointer or 'the root'} on the way {direction}: {reason}"


def _compared(engine: Comparison) -> str:
    if engine.reason:
        return f"not compared, {engine.reason}"
    declined = f", {engine.declined} refused there" if engine.declined else ""
    left_out = f", {engine.left_out} left out ({engine.left_out_for})" if engine.left_out else ""
    return f"the same for {engine.events} events{declined}{left_out}"
