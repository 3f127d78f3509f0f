"""Who sends a request: keys, passwords, tokens, sessions."""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry.access import keys, passwords, tokens
from registry.access.rate import Buckets
from registry.access.roles import Role, grant
from registry.errors import InvalidRequest, NotFound, TooManyRequests, Unauthenticated
from registry.model import Subject
from registry.service import Registry
from registry.settings import load
from tests.patience import eventually

ORDERS = Subject(".", "orders.A")


def basic(user: str, password: str) -> bytes:
    return b"Basic " + b64encode(f"{user}:{password}".encode())


def bearer(token: str) -> bytes:
    return f"Bearer {token}".encode()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Registry]]:
    """A registry with these settings."""
    running: list[Registry] = []

    def run(**settings: Any) -> Registry:
        running.append(Registry.open(load({}, database=f"sqlite:///{tmp_path / 'lineal.db'}", **settings)))
        return running[-1]

    yield run
    for one in running:
        one.close()


def test_a_key_is_its_principals_until_it_is_revoked(registry: Registry) -> None:
    permissions = registry.permissions
    made = permissions.create_key("ci", "pipeline")
    permissions.give(grant("ci", "developer", ".", "orders."))
    for shown in (bearer(made.text), basic("ci", made.text), basic(made.stored.id, made.text)):
        who = permissions.authentication.header(shown)
        assert (who.name, who.key_id) == ("ci", made.stored.id)
        assert who.may(Role.DEVELOPER, ORDERS)
        assert permissions.authentication.known(shown) is who
    with pytest.raises(Unauthenticated):
        permissions.authentication.header(basic("somebody", made.text))
    permissions.withdraw(grant("ci", "developer", ".", "orders."))
    assert not permissions.authentication.header(bearer(made.text)).may(Role.READER, ORDERS)
    permissions.revoke_key(made.stored.id)
    assert permissions.authentication.known(bearer(made.text)) is None
    with pytest.raises(Unauthenticated):
        permissions.authentication.header(bearer(made.text))
    with pytest.raises(NotFound):
        permissions.revoke_key(made.stored.id)


def test_neither_the_log_nor_the_tables_hold_a_key(opened: Callable[..., Registry]) -> None:
    registry = opened()
    made = registry.permissions.create_key("ci")
    secret = made.text.split("_", 2)[2]  # may hold more of them
    assert secret not in str(registry.catalog.changes(0))
    assert secret not in str(registry.permissions.every_key())
    assert keys.matches(made.text, registry.permissions.every_key()[0].digest)
    assert registry.upkeep.verify() == []


def test_a_key_expires(opened: Callable[..., Registry]) -> None:
    permissions = opened(access="on").permissions
    made = permissions.create_key("ci", expires=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        permissions.authentication.header(bearer(made.text))
    with pytest.raises(InvalidRequest):
        permissions.create_key("ci", expires=datetime(2030, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    "shown",
    [b"Basic", b"Basic !", b"Basic YQ==", b"Bearer ", b"Bearer lk_x", b"Negotiate x", b"\xff", basic("a", "lk_")],
)
def test_credentials_that_are_none(opened: Callable[..., Registry], shown: bytes) -> None:
    with pytest.raises(Unauthenticated):
        opened(access="on").permissions.authentication.header(shown)


def test_users_and_grants_of_the_file(opened: Callable[..., Registry], tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    file.write_text(
        f'[users]\nanna = "{passwords.hashed("correct horse")}"\n'
        '[[grants]]\nprincipal = "anna"\nrole = "reader"\ncontext = "."\n',
        "utf-8",
    )
    authentication = opened(access="on", access_file=str(file), access_admins="root, anna2").permissions.authentication
    who = authentication.header(basic("anna", "correct horse"))
    assert who.may(Role.READER, ORDERS)
    assert not who.may(Role.DEVELOPER, ORDERS)
    for wrong in (basic("anna", "wrong"), basic("nobody", "correct horse"), basic("anna", "")):
        with pytest.raises(Unauthenticated):
            authentication.header(wrong)


def test_a_changed_file_counts_and_a_broken_one_changes_nothing(
    opened: Callable[..., Registry], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, kept = tmp_path / "access.toml", passwords.hashed("correct horse")
    whole = f'[users]\nanna = "{kept}"\n[[grants]]\nprincipal = "anna"\nrole = "reader"\n'
    file.write_text(whole, "utf-8")
    permissions = opened(access="on", access_file=str(file)).permissions
    authentication, anna = permissions.authentication, basic("anna", "correct horse")
    cookie, _ = authentication.session_of(authentication.header(anna))
    generation = permissions.generation
    for broken in (whole.replace("reader", "owner"), whole[:-9], None):
        file.unlink()
        if broken is not None:
            file.write_text(broken, "utf-8")
        caplog.clear()
        permissions.refresh()
        permissions.refresh()
        assert "stays in force" in caplog.text
        assert len(caplog.records) == 1, "said once"
        assert authentication.session(cookie).may(Role.READER, ORDERS)
    file.write_text(whole, "utf-8")
    permissions.refresh()
    assert permissions.generation == generation, "nobody is another than before"
    file.write_text(whole.replace("reader", "developer"), "utf-8")
    permissions.refresh()
    assert permissions.generation == generation + 1
    assert authentication.known(anna) is None
    assert authentication.header(anna).may(Role.DEVELOPER, ORDERS)
    file.write_text("", "utf-8")
    permissions.refresh()
    for ask in (lambda: authentication.header(anna), lambda: authentication.session(cookie)):
        with pytest.raises(Unauthenticated):
            ask()


def test_guessing_passwords_is_slowed_down(opened: Callable[..., Registry]) -> None:
    authentication = opened(access="on").permissions.authentication
    attempts = 14
    with ThreadPoolExecutor(attempts) as pool:  # at once, however busy the machine is
        guesses = [pool.submit(authentication.header, basic("anna", f"guess {number}")) for number in range(attempts)]
    ended = Counter(type(guess.exception()) for guess in guesses)
    assert set(ended) == {TooManyRequests, Unauthenticated}


@pytest.mark.parametrize(
    "text",
    [
        "[users]\nanna = 'plain text'",
        "[[grants]]\nprincipal = 'a'\nrole = 'owner'",
        "[other]",
        "nonsense",
        "[users]\nanonymous = 'scrypt$1$1$1$a$b'",
    ],
)
def test_a_file_that_is_wrong_is_told(opened: Callable[..., Registry], tmp_path: Path, text: str) -> None:
    file = tmp_path / "access.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidRequest, match="LINEAL_ACCESS_FILE"):
        _ = opened(access="on", access_file=str(file)).permissions.authentication


def test_a_token_names_its_bearer_and_groups(opened: Any, provider: Any, token_settings: Any) -> None:
    permissions = opened(**token_settings()).permissions
    permissions.give(grant("group:platform", "admin"))
    who = permissions.authentication.header(bearer(provider.token(groups=["platform", 7])))
    assert (who.name, who.groups) == ("anna", ("platform",))
    assert who.may(Role.ADMIN, ORDERS)
    assert not permissions.authentication.header(bearer(provider.token())).may(Role.READER, ORDERS)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_000_000_000},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"iss": "https://evil.example.com/"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"subject": "group:platform"},
        {"subject": "anonymous"},
        {"sub": 7},
    ],
    ids=str,
)
def test_tokens_that_are_not_good(opened: Any, provider: Any, token_settings: Any, claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        opened(**token_settings()).permissions.authentication.header(bearer(provider.token(**claims)))


def test_clocks_may_be_a_little_apart(opened: Any, provider: Any, token_settings: Any) -> None:
    authentication = opened(**token_settings(jwt_leeway_seconds=30.0)).permissions.authentication
    assert authentication.header(bearer(provider.token(exp=time.time() - 5))).name == "anna"


def test_a_token_signed_otherwise_is_not_good(opened: Any, provider: Any, token_settings: Any) -> None:
    authentication = opened(**token_settings()).permissions.authentication
    said = {"iss": "https://id.example.com/", "aud": "lineal", "sub": "anna", "exp": time.time() + 600}
    public = provider.keys["one"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    body = jwt.encode(said, "x" * 32).split(".")[1]
    import hashlib
    import hmac

    made = b64encode(hmac.digest(public, f"{header}.{body}".encode(), hashlib.sha256)).rstrip(b"=").decode()
    forged = f"{header}.{body}.{made}".replace("+", "-").replace("/", "_")
    unsigned = jwt.encode(said, None, algorithm="none", headers={"kid": "one"})
    for token in (forged, unsigned, provider.token()[:-6] + "AAAAAA"):
        with pytest.raises(Unauthenticated):
            authentication.header(bearer(token))


def test_keys_rotate_and_are_not_fetched_for_every_invented_one(
    opened: Any, provider: Any, token_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    authentication = opened(**token_settings()).permissions.authentication
    assert authentication.header(bearer(provider.token())).name == "anna"
    provider.rotate("two")
    with pytest.raises(Unauthenticated):
        authentication.header(bearer(provider.token()))
    assert provider.asked == 1
    monkeypatch.setattr(tokens, "_SOONEST_SECONDS", 0.0)
    assert authentication.header(bearer(provider.token())).name == "anna"
    assert provider.asked == 2


def test_an_issuer_that_does_not_answer_in_time(opened: Any, provider: Any, token_settings: Any) -> None:
    provider.delay = 1.0
    authentication = opened(**token_settings(jwks_fetch_seconds=0.1)).permissions.authentication
    with pytest.raises(Unauthenticated):
        authentication.header(bearer(provider.token()))


def test_who_has_a_known_key_waits_for_nobody_who_fetches(opened: Any, provider: Any, token_settings: Any) -> None:
    authentication = opened(**token_settings(jwks_seconds=0.0, credentials_seconds=0.0)).permissions.authentication
    shown = bearer(provider.token())
    authentication.header(shown)
    asked, provider.delay = provider.asked, 4.0
    first = threading.Thread(target=authentication.header, args=(shown,))
    first.start()
    eventually(lambda: provider.asked > asked)
    started = time.monotonic()
    assert authentication.header(shown).name == "anna"
    assert time.monotonic() - started < 2
    first.join()


@pytest.mark.parametrize(
    "wrong",
    [
        {"jwt_algorithms": "RS256,HS256"},
        {"jwt_issuer": ""},
        {"jwt_audience": ""},
        {"jwks": "http://id.example.com/jwks.json"},
    ],
)
def test_settings_with_which_no_token_could_be_trusted(opened: Any, token_settings: Any, wrong: Any) -> None:
    with pytest.raises(InvalidRequest):
        _ = opened(**token_settings(**wrong)).permissions.authentication


def test_a_session_lasts_no_longer_than_what_it_began_with(opened: Callable[..., Registry]) -> None:
    permissions = opened(access="on").permissions
    made = permissions.create_key("anna", expires=datetime.now(UTC) + timedelta(minutes=5))
    authentication = permissions.authentication
    cookie, seconds = authentication.session_of(authentication.header(bearer(made.text)))
    assert 290 < seconds <= 300
    assert authentication.session(cookie).name == "anna"
    with pytest.raises(Unauthenticated):
        authentication.session(cookie[:-4] + "AAAA")
    permissions.revoke_key(made.stored.id)
    with pytest.raises(Unauthenticated):
        authentication.session(cookie)


def test_a_bucket_fills_again() -> None:
    now = 0.0
    buckets = Buckets(2.0, 3, clock=lambda: now)
    assert [buckets.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.take("b") == 0.0
    now = 0.5
    assert [buckets.take("a"), buckets.take("a")] == [0.0, 0.5]


@pytest.mark.parametrize("now", ["", "other", "same"])
def test_a_session_ends_with_the_password_it_began_with(
    opened: Callable[..., Registry], tmp_path: Path, now: str
) -> None:
    """Also where the secret that signs sessions outlives the process, as several nodes need it."""
    file, kept = tmp_path / "access.toml", passwords.hashed("correct horse")
    settings = {"access": "on", "access_file": str(file), "session_secret": "s" * 32}
    file.write_text(f'[users]\nanna = "{kept}"\n', "utf-8")
    before = opened(**settings).permissions.authentication
    cookie, _ = before.session_of(before.header(basic("anna", "correct horse")))
    assert before.session(cookie).name == "anna"
    after = {"": "", "other": f'anna = "{passwords.hashed("other")}"', "same": f'anna = "{kept}"'}[now]
    file.write_text(f"[users]\n{after}\n", "utf-8")
    restarted = opened(**settings).permissions.authentication
    if now == "same":
        assert restarted.session(cookie).name == "anna"
    else:
        with pytest.raises(Unauthenticated, match="sign in again"):
            restarted.session(cookie)


def test_a_session_may_what_its_principal_may_now(opened: Callable[..., Registry]) -> None:
    permissions = opened(access="on").permissions
    authentication, role = permissions.authentication, grant("anna", "reader", ".", "orders.")
    made = permissions.create_key("anna")
    cookie, _ = authentication.session_of(authentication.header(bearer(made.text)))
    permissions.give(role)
    assert authentication.session(cookie).may(Role.READER, ORDERS)
    permissions.withdraw(role)
    assert not authentication.session(cookie).may(Role.READER, ORDERS)
    permissions.revoke_key(made.stored.id)
    with pytest.raises(Unauthenticated):
        authentication.session(cookie)


def test_a_session_of_a_token_ends_where_tokens_are_not_taken_any_more(
    opened: Callable[..., Registry], provider: Any, token_settings: Callable[..., dict[str, Any]]
) -> None:
    before = opened(**token_settings(session_secret="s" * 32)).permissions.authentication
    cookie, _ = before.session_of(before.header(bearer(provider.token("anna"))))
    assert before.session(cookie).name == "anna"
    with pytest.raises(Unauthenticated, match="sign in again"):
        opened(access="on", session_secret="s" * 32).permissions.authentication.session(cookie)
