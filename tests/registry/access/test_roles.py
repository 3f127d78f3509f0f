"""Roles over areas: what a grant covers, and what a view shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.access.events import ROLES
from registry.access.roles import EVERY_CONTEXT, NOTHING, WHOLE, Grant, Role, grant, principal_name, view
from registry.errors import RegistryError
from registry.events import TYPES
from registry.model import ACCESS, DEFAULT, GLOBAL_CONTEXT, Subject

contexts = st.sampled_from([".", ".a", ".ab"])
names = st.text("ab.", max_size=4)
subjects = st.builds(Subject, contexts, names)
areas = st.builds(Grant, st.just("p"), st.sampled_from(Role), st.sampled_from([EVERY_CONTEXT, ".", ".a"]), names)


@given(st.lists(areas, max_size=4), subjects)
def test_a_view_shows_the_subjects_that_some_grant_covers(grants: list[Grant], subject: Subject) -> None:
    if not subject.is_context:
        assert view(grants).shows(subject) == any(one.covers(subject) for one in grants)


@given(st.lists(areas, max_size=4))
def test_views_of_the_same_areas_have_the_same_tag_and_others_another(grants: list[Grant]) -> None:
    one = view(grants)
    assert one.tag == view(reversed(grants)).tag
    assert (one.tag == NOTHING.tag) == (not grants)


def test_only_admins_of_everything_are_admins_of_what_belongs_to_everybody() -> None:
    whole, part = grant("p", "admin"), grant("p", "admin", ".")
    for shared in (DEFAULT, Subject(GLOBAL_CONTEXT), ACCESS):
        assert whole.covers(shared)
        assert not part.covers(shared)
    assert view([whole]) == WHOLE
    assert not view([grant("p", "reader")]).shows(ACCESS)


def test_a_context_as_a_whole_is_covered_by_whoever_has_all_of_it() -> None:
    assert grant("p", "admin", "a").covers(Subject(".a"))
    assert not grant("p", "admin", "a", "x").covers(Subject(".a"))


@pytest.mark.parametrize("name", ["", " a", "a\n", "a" * 201, "a\0", ":x", "group:x", "anonymous"])
def test_names_that_no_principal_can_have(name: str) -> None:
    with pytest.raises(RegistryError):
        principal_name(name)


@pytest.mark.parametrize(
    "wrong", [("p", "owner"), ("p", "reader", "a:b"), ("p", "reader", ".", "x*"), ("p", "reader", ".", "\0")]
)
def test_grants_that_cannot_be(wrong: tuple[str, ...]) -> None:
    with pytest.raises(RegistryError):
        grant(*wrong)


def test_every_event_of_the_log_has_the_role_it_needs() -> None:
    assert set(ROLES) == set(TYPES.values())
