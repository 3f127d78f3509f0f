"""Every setting of the service, with its default, its environment variable and its meaning."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from compat.budget import Limits
from compat.criteria import FORMAT_MODES, PROFILES
from compat.level import Level
from compat.profile import FormatMode, Profile
from registry.addresses import Reach
from registry.errors import InvalidRequest
from registry.policy import Defaults

PREFIX: Final = "LINEAL_"

ENGINES: Final = ("DuckDB", "JavaScript", "JSONata", "PostgreSQL", "Spark")
"""What an upcaster can be held to besides Python."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one process. ``LINEAL_DATABASE`` sets ``database``, and so on for every member."""

    database: str = "sqlite:///var/lineal.db"
    """``sqlite:///path`` or ``postgresql://user@host/name``."""
    sqlite_synchronous: Literal["FULL", "NORMAL"] = "FULL"
    """FULL survives power loss: an acknowledged schema id stands in messages, so it must never be given again.
    NORMAL survives the death of the process, not of the machine, and is faster on slow disks."""
    connections: int = 16
    """Open connections to the database per process, at most."""
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    """Processes of ``lineal serve`` that answer; one that dies is replaced."""
    busy_seconds: float = 10.0
    """How long a request waits for the database before it is answered with 50002."""

    compatibility: str = "BACKWARD"
    """The level where nothing is configured."""
    profile: str = "strict"
    """Whose rules decide where nothing is configured: ``strict``, ``confluent``, ``confluent-lenient``, or over
    Protobuf ``buf-file``, ``buf-package``, ``buf-wire-json``, ``buf-wire``."""
    json_formats: str = "conservative"
    """What ``format`` means in JSON Schemas where nothing is configured: ``annotation`` (it refuses nothing),
    ``assertion`` (it is enforced), or ``conservative`` (either may hold, so only what is right under both is
    compatible)."""
    inheritance: Literal["confluent", "sane"] = "confluent"
    """How settings are inherited. ``confluent``: a subject with settings of its own but no level has the server's
    default level, whatever the global level is. ``sane``: everything that is not set is inherited."""
    incompatible_code: Literal[40901, 409] = 40901
    """The ``error_code`` of an incompatible registration; older clients expect 409."""
    mode_mutability: bool = True
    """Whether modes may be changed."""

    limit_body_bytes: int = 4_000_000
    """Size of a request body; over it: 413."""
    limit_text_bytes: int = 1_000_000
    """Size of one schema; over it: 42209."""
    limit_depth: int = 200
    """Nesting of one schema."""
    limit_json_depth: int = 100
    """Nesting of a request body outside the schema text; over it: 400."""
    limit_reference_depth: int = 32
    """How far references may refer to references."""
    limit_check_steps: int = 200_000
    """Steps of comparing two schemas; over it the answer is unknown."""
    limit_check_seconds: float = 10.0
    """Seconds of comparing two schemas; the last line of defence."""
    limit_check_findings: int = 100
    """Findings of comparing two schemas that are told; where there are more, the last one says so."""
    limit_wait_seconds: float = 30.0
    """How long a follower may wait for the next change in one request; asked for longer, it is answered sooner."""
    limit_subjects_page: int = 1_000
    """The longest page of ``GET /schemas``."""
    limit_replayed_entries: int = 20_000
    """How many entries of the log one look at the past may replay; a moment further away is reached in several
    requests, each answered with 50301 until the last one."""

    proof_engines: str = "DuckDB,JavaScript,JSONata,PostgreSQL"
    """Which other engines an upcaster is held to when it is proven, of those that are at hand: DuckDB and JSONata if
    their Python packages are installed, JavaScript if there is a ``node``, PostgreSQL if there is a server. ``Spark``
    can be named too, where PySpark and Java are installed: a proof waits seconds for it. Empty for none."""
    proof_engine_seconds: float = 10.0
    """How long all of them together may take for one upcaster, up and down. Each form gets a fair share of what is
    left; what is not compared in time is no refusal, and the report says so. With Spark, allow 60."""
    proof_postgresql: str = ""
    """The PostgreSQL server in which steps are proven, ``postgresql://user@host/name``. Nothing is left there, and the
    role needs no right but TEMPORARY. Empty: that of the registry itself, if it is one."""

    cache_answers: int = 20_000
    """How many immutable answers a process keeps ready."""
    cache_schemas: int = 5_000
    """How many definitions a process keeps; every 10,000 characters of one count as another."""
    cache_pasts: int = 8
    """How many moments of the past a process keeps replayed, each as a file in the temporary folder, of the size that
    the database had then."""
    search_folder: str = ""
    """The folder, on a local disk, in which the processes of a machine keep their search index together, from one start
    to the next. Empty: beside the database, if it is SQLite; with PostgreSQL in ``lineal`` in the user's cache folder
    (``XDG_CACHE_HOME``, else ``~/.cache``). Where nothing can be written, each process makes one of its own."""
    follow_seconds: float = 0.5
    """How long another node's deletion may stay unseen in the cache of this one."""

    follow: str = ""
    """Address of another lineal whose log this one copies. It then answers reads, also when the other is away, and
    refuses writes. Empty: a registry of its own."""
    follow_token_file: str = ""
    """A file with the bearer token to show to the registry that is followed."""
    follow_client_cert: str = ""
    """A file with the certificate to show to it, PEM, where it lets in only clients that have one."""
    follow_client_key: str = ""
    """The key of that certificate, PEM, where it stands in a file of its own."""
    lease_seconds: float = 20.0
    """How long a node that has died keeps others from what only one may do at a time: following, delivering."""

    secret_key: str = ""
    """Encrypts the secrets that have to be kept (those of webhooks and exporters): 32 bytes in base64,
    ``openssl rand -base64 32``. Several separated by commas: the first encrypts, all decrypt. Without it nothing that
    needs a secret is kept."""
    webhook_private_addresses: bool = False
    """Whether webhooks may lead to private, loopback and link-local addresses."""
    webhook_origin: str = ""
    """The DNS name by which this registry asks receivers for their consent (CloudEvents' validation handshake) and
    names itself to those that gave it. Needed for webhooks with a handshake only."""
    webhook_attempts: int = 12
    """How often an event is sent to a webhook that does not take it, before it becomes a dead letter."""
    webhook_backoff_seconds: float = 1.0
    """How long the second attempt waits; each further one twice as long, an hour at most, with some chance in it."""
    webhook_timeout_seconds: float = 5.0
    """How long a webhook may take to answer."""

    access: Literal["off", "on"] = "off"
    """Whether whoever asks has to say who that is, and what the roles of principals are."""
    access_admins: str = ""
    """Names of principals that are admins of everything, with commas between: how the first admin gets in."""
    access_file: str = ""
    """A TOML file with users (hashed passwords) and grants; see the how-to guide on access."""
    credentials_seconds: float = 300.0
    """How long a password or token that was found good is not looked at again."""
    jwks: str = ""
    """The JWKS that signs bearer tokens: a file, or the https URL of an identity provider. Empty: no tokens."""
    jwt_issuer: str = ""
    """The ``iss`` that tokens must have; needed for tokens."""
    jwt_audience: str = ""
    """The ``aud`` that tokens must have; needed for tokens."""
    jwt_algorithms: str = "RS256,PS256,ES256,ES384,EdDSA"
    """Signatures that are accepted, with commas between; asymmetric ones only."""
    jwt_principal_claim: str = "sub"
    """The claim that names the principal."""
    jwt_groups_claim: str = "groups"
    """The claim with the groups (a list, or words in one text); a group ``x`` has the grants of ``group:x``."""
    jwt_leeway_seconds: float = 30.0
    """How far the clocks of the issuer and of this machine may be apart."""
    jwks_seconds: float = 300.0
    """How long fetched keys are used before they are fetched again; an unknown key is asked for sooner."""
    jwks_fetch_seconds: float = 5.0
    """How long fetching the keys may take."""
    certificate_principal: Literal["subject", "common-name", "uri", "dns"] = "subject"
    """What in a client's certificate is the principal: its subject as RFC 4514 writes it (``CN=ci,O=Example``), the
    common name alone (``ci``), or its one alternative name that is a URI (SPIFFE) or a DNS name."""
    proxy_addresses: str = ""
    """Addresses and networks of the proxies that end TLS and verify client certificates, with commas between. What
    they say of a certificate counts, and nobody else's word does."""
    proxy_certificate_header: str = ""
    """The header in which they say it: ``Client-Cert`` (RFC 9440), ``X-Forwarded-Client-Cert`` (Envoy), or any other
    that holds the subject's name or the certificate as escaped PEM (``ssl-client-subject-dn`` …)."""
    session_secret: str = ""
    """Signs the cookies of people signed in to the catalog; the same on every node. Empty: a new one at every start."""
    session_hours: float = 12.0
    """How long somebody stays signed in."""
    session_secure: bool = False
    """Mark the cookie Secure although requests arrive in plain, as behind a proxy that ends TLS."""
    rate_per_second: float = 0.0
    """Requests per second that each principal may send; over it: 429. 0 is no limit. Each worker counts by itself."""
    rate_burst: int = 200
    """Requests that may come at once before the rate counts."""
    denials_per_minute: float = 30.0
    """Denied writes of one principal that are written to the log; further ones are counted in the next that is."""

    metrics: Literal["open", "protected", "off"] = "open"
    """Who may read ``/metrics``: everybody, whoever says who they are, nobody. There are no names of subjects in it."""
    log: Literal["text", "json"] = "text"
    """How the server writes its messages: lines to read, or one JSON object per line."""
    log_requests: bool = False
    """Whether there is a line for every request: id, principal, route, status, milliseconds; never a header or body."""
    tracing: bool = False
    """Whether spans go to OpenTelemetry; its own ``OTEL_`` variables say where to. Needs lineal[tracing]."""
    stop_seconds: int = 10
    """How long requests in flight may take to finish once the server is told to stop."""

    exporters: bool = True
    """Whether this process works for exporters; they can be defined in any case."""
    exporter_private_addresses: bool = False
    """Whether exporters may lead to private, loopback and link-local addresses."""
    exporter_seconds: float = 1.0
    """How often the log is looked at for what exporters have to copy."""
    exporter_timeout_seconds: float = 10.0
    """How long the other registry may take to answer."""
    limit_exporters: int = 10
    """How many exporters there can be; over it: 40964."""

    allow_origins: str = ""
    """Pages of which sites may ask in a browser, as ``https://host:port`` with commas between, or ``*`` (Confluent's
    ``access.control.allow.origin``). Without it, only the catalog's own."""
    cluster_id: str = "lineal"
    """What ``/v1/metadata/id`` names."""

    @property
    def webhook_reach(self) -> Reach:
        """Where webhooks may be."""
        return Reach(self.webhook_private_addresses, f"{PREFIX}WEBHOOK_PRIVATE_ADDRESSES")

    @property
    def exporter_reach(self) -> Reach:
        """Where the registries that exporters copy to may be."""
        return Reach(self.exporter_private_addresses, f"{PREFIX}EXPORTER_PRIVATE_ADDRESSES")

    @property
    def limits(self) -> Limits:
        """The bounds handed to compat."""
        return Limits(
            text_bytes=self.limit_text_bytes,
            depth=self.limit_depth,
            reference_depth=self.limit_reference_depth,
            steps=self.limit_check_steps,
            seconds=self.limit_check_seconds,
            findings=self.limit_check_findings,
        )

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that an upcaster is held to."""
        return tuple(name.strip() for name in self.proof_engines.split(",") if name.strip())

    @property
    def proof_server(self) -> str:
        """The URL of the PostgreSQL server that proofs ask; empty where there is none."""
        server = self.proof_postgresql or self.database
        return "" if server.startswith("sqlite") else server.replace("postgresql+psycopg://", "postgresql://", 1)

    @property
    def defaults(self) -> Defaults:
        """What is in force where nothing is configured."""
        return Defaults(
            Level[self.compatibility], Profile(self.profile), FormatMode(self.json_formats), self.inheritance
        )


def load(environment: Mapping[str, str] | None = None, *, file: Path | None = None, **given: Any) -> Settings:
    """Settings from, weakest first: defaults, the TOML file, the environment, arguments. Raises InvalidRequest."""
    environment = os.environ if environment is None else environment
    names = set(Settings.__struct_fields__)
    values: dict[str, Any] = {}
    if file is not None:
        values |= tomllib.loads(file.read_text("utf-8"))
    values |= {name: environment[PREFIX + name.upper()] for name in names if PREFIX + name.upper() in environment}
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"the settings are not valid: {error}") from error
    if settings.compatibility not in Level.__members__:
        raise InvalidRequest(
            f"LINEAL_COMPATIBILITY is {settings.compatibility!r}, not one of {', '.join(Level.__members__)}"
        )
    if unknown := set(settings.engines) - set(ENGINES):
        raise InvalidRequest(f"LINEAL_PROOF_ENGINES names {unknown.pop()!r}, not one of {', '.join(ENGINES)}")
    if settings.profile not in PROFILES:
        raise InvalidRequest(f"LINEAL_PROFILE is {settings.profile!r}, not one of {', '.join(PROFILES)}")
    if settings.json_formats not in FORMAT_MODES:
        raise InvalidRequest(f"LINEAL_JSON_FORMATS is {settings.json_formats!r}, not one of {', '.join(FORMAT_MODES)}")
    return settings
