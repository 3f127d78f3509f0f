"""The tables: the log, its head, and the projections. The same on SQLite and PostgreSQL.

Times are microseconds since 1970 (UTC). Documents are JSON text. Digests are hexadecimal.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text, false

metadata = MetaData()

Name: Final = String().with_variant(String(collation="C"), "postgresql")
"""Text in the order of its code points on both databases, so that prefixes are ranges."""

log = Table(
    "log",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("actor", Name, nullable=False),
    Column("request_id", Name, nullable=False),
    Column("reason", Text, nullable=False),
    Column("context", Name, nullable=False),
    Column("stream", Name, nullable=False),
    Column("type", Name, nullable=False),
    Column("type_version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Index("log_stream", "context", "stream", "position"),
    Index("log_type", "type", "position"),
    Index("log_time", "time", "position"),
)
"""What happened, in order. Rows are only ever added."""

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
)
"""One row: the last position. Whoever writes holds it, so positions, ids and versions are dense and in order."""

context = Table(
    "context",
    metadata,
    Column("name", Name, primary_key=True),
    Column("last_id", Integer, nullable=False),
)
"""Contexts that have (had) subjects, with the highest schema id ever given in them."""

schema = Table(
    "schema",
    metadata,
    Column("context", Name, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("guid", Name, nullable=False),
    Column("format", Name, nullable=False),
    Column("text", Text, nullable=False),
    Column("canonical_digest", Name, nullable=False),
    Column("normalized_digest", Name, nullable=False),
    Column("references", Text, nullable=False),
    Column("metadata", Text),
    Column("rule_set", Text),
    Column("position", BigInteger, nullable=False),
    Index("schema_canonical", "context", "canonical_digest"),
    Index("schema_normalized", "context", "normalized_digest"),
    Index("schema_guid", "guid"),
)
"""Schemas by id, with the text of the first registration."""

version = Table(
    "version",
    metadata,
    Column("context", Name, primary_key=True),
    Column("subject", Name, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("schema_id", Integer, nullable=False),
    Column("text", Text),
    Column("time", BigInteger, nullable=False),
    Column("actor", Name, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Index("version_holder", "context", "schema_id", "subject", "position"),
)
"""Versions; ``text`` only where it is spelt differently from the schema's."""

reference = Table(
    "reference",
    metadata,
    Column("context", Name, primary_key=True),
    Column("subject", Name, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("to_context", Name, nullable=False),
    Column("to_subject", Name, nullable=False),
    Column("to_number", Integer, nullable=False),
    Index("reference_target", "to_context", "to_subject", "to_number"),
)
"""Which version refers to which."""

subject = Table(
    "subject",
    metadata,
    Column("context", Name, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("folded", Name, nullable=False),
    Column("format", Name, nullable=False),
    Column("live", Integer, nullable=False),
    Column("latest", Integer, nullable=False),
    Column("highest", Integer, nullable=False),
    Column("properties", Text, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index("subject_position", "position"),
    Index("subject_name", "name", "context"),
)
"""Subjects that have at least one version, live or soft-deleted; ``position`` of what last changed its versions."""

setting = Table(
    "setting",
    metadata,
    Column("context", Name, primary_key=True),
    Column("subject", Name, primary_key=True),
    Column("configuration", Text),
    Column("mode", String),
)
"""Configuration and mode of a scope; the subject is empty for a context as a whole."""

upcaster = Table(
    "upcaster",
    metadata,
    Column("context", Name, primary_key=True),
    Column("subject", Name, primary_key=True),
    Column("source", Integer, primary_key=True, autoincrement=False),
    Column("target", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    Column("hash", Name, nullable=False),
    Column("document", Text, nullable=False),
    Column("migration_rules", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("actor", Name, nullable=False),
    Column("position", BigInteger, nullable=False),
)
"""The upcaster in force for each edge of a subject's history."""

application = Table(
    "application",
    metadata,
    Column("name", Name, primary_key=True),
    Column("owner", Name, nullable=False),
)
"""Applications that have declared a reader or writer."""

contract = Table(
    "contract",
    metadata,
    Column("context", Name, primary_key=True),
    Column("subject", Name, primary_key=True),
    Column("role", Name, primary_key=True),
    Column("application", Name, primary_key=True),
    Column("build", Name, primary_key=True),
    Column("document", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("actor", Name, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index("contract_build", "application", "build"),
)
"""Readers (the document is what they need) and writers (the versions they write) by subject."""

deployment = Table(
    "deployment",
    metadata,
    Column("environment", Name, primary_key=True),
    Column("application", Name, primary_key=True),
    Column("build", Name, primary_key=True),
    Column("mode", Name, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("actor", Name, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index("deployment_application", "application"),
)
"""Builds that are live; what was live before is in the log."""

association = Table(
    "association",
    metadata,
    Column("guid", Name, primary_key=True),
    Column("context", Name, nullable=False),
    Column("subject", Name, nullable=False),
    Column("resource_name", Name, nullable=False),
    Column("resource_namespace", Name, nullable=False),
    Column("resource_id", Name, nullable=False),
    Column("resource_type", Name, nullable=False),
    Column("association_type", Name, nullable=False),
    Column("lifecycle", Name, nullable=False),
    Column("frozen", Boolean, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index("association_subject", "context", "subject"),
    Index("association_resource", "resource_id"),
    Index("association_name", "resource_name", "resource_namespace"),
)
"""Which resources use which subjects."""

webhook = Table(
    "webhook",
    metadata,
    Column("id", Name, primary_key=True),
    Column("url", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("context", Name),
    Column("prefix", Name, nullable=False),
    Column("types", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("actor", Name, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("sealed_before", Text, nullable=False, server_default=""),
    Column("before_until", BigInteger, nullable=False, server_default="0"),
    Column("handshake", Boolean, nullable=False, server_default=false()),
    Column("rate", Integer, nullable=False, server_default="0"),
)
"""Who is told of what happens; the secret is encrypted, and the one before it signs as well until a moment."""

delivery = Table(
    "delivery",
    metadata,
    Column("webhook", Name, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
)
"""How far each webhook has been told. The log does not know it, so a rebuild leaves it alone."""

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("webhook", Name, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("wanted", Boolean, nullable=False),
)
"""What a webhook could not be told; ``wanted``: to be tried again."""

lease = Table(
    "lease",
    metadata,
    Column("name", Name, primary_key=True),
    Column("holder", Name, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""Which process does what only one may do at a time, and until when."""

following = Table(
    "following",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("contact", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
)
"""One row where another registry is followed: its last position, when it last answered, and what went wrong since."""

api_key = Table(
    "api_key",
    metadata,
    Column("id", Name, primary_key=True),
    Column("principal", Name, nullable=False),
    Column("digest", Name, nullable=False),
    Column("label", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("revoked", BigInteger),
)
"""API keys ever made; of each only what proves that somebody has it."""

access_grant = Table(
    "access_grant",
    metadata,
    Column("principal", Name, primary_key=True),
    Column("role", Name, primary_key=True),
    Column("context", Name, primary_key=True),
    Column("prefix", Name, primary_key=True),
)
"""Roles of principals over areas."""
exporter = Table(
    "exporter",
    metadata,
    Column("name", Name, primary_key=True),
    Column("definition", Text, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("epoch", BigInteger, nullable=False),
)
"""What is copied to other registries."""

export = Table(
    "export",
    metadata,
    Column("name", Name, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("trace", Text, nullable=False),
    Column("holder", Name, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""How far each exporter is, and which node works for it until when. No projection: it says what another registry has,
and copying again is harmless."""

PROJECTIONS: Final = (
    context,
    schema,
    version,
    reference,
    subject,
    setting,
    upcaster,
    application,
    contract,
    deployment,
    association,
    webhook,
    api_key,
    access_grant,
    exporter,
)
"""Everything that can be dropped and made again from the log."""
