"""A history is a value: what comes after it does not change it, though both share what they are made of."""

from __future__ import annotations

from registry.history import History, Known, latest, looked_up, next_number, same_schema, superseded


def version(number: int, digest: str, *, normalized: str = "", deleted: bool = False) -> Known:
    return Known(
        number=number,
        schema_id=number,
        canonical_digest=digest,
        normalized_digest=normalized or digest,
        metadata=None,
        rule_set=None,
        position=number,
        deleted=deleted,
        refers=False,
    )


ONE, TWO, THREE = version(1, "a"), version(2, "b", normalized="a"), version(3, "a", deleted=True)


def same(history: History, digest: str, *, normalize: bool = False) -> Known | None:
    return same_schema(history, digest, None, None, normalize=normalize)


def test_a_history_does_not_change_with_those_that_follow() -> None:
    first = History([ONE])
    second = first.followed_by(TWO)
    third = second.followed_by(THREE)
    assert [list(each) for each in (first, second, third)] == [[ONE], [ONE, TWO], [ONE, TWO, THREE]]
    assert [next_number(each) for each in (History(), first, second, third)] == [1, 2, 3, 4]
    assert [each.some_deleted for each in (first, second, third)] == [False, False, True]
    assert first.holding("b", normalize=False) == []
    assert second[-1] == TWO
    assert second[1:] == [TWO]


def test_where_the_one_that_was_to_follow_did_not_another_one_does() -> None:
    first = History([ONE])
    lost, kept = first.followed_by(TWO), first.followed_by(version(2, "c"))
    assert list(lost) == [ONE, TWO]
    assert list(kept) == [ONE, version(2, "c")]
    assert same(kept, "b") is None


def test_what_holds_a_schema_is_found_newest_first() -> None:
    history = History([ONE, TWO, THREE])
    assert same(history, "a") == ONE  # the third is deleted
    assert same(history, "a", normalize=True) == TWO
    assert looked_up(history, "a", None, None, normalize=False) == THREE
    assert looked_up(history.live, "a", None, None, normalize=False) == ONE
    assert latest(history) == TWO
    assert superseded(history, 3) == [3]


def test_what_is_live_follows_too() -> None:
    history = History([ONE, THREE])
    assert list(history.live) == [ONE]
    four, five = version(4, "d"), version(5, "e", deleted=True)
    for follower, expected in ((four, [ONE, four]), (five, [ONE])):
        following = history.followed_by(follower)
        assert list(following.live) == expected
        assert list(following.followed_by(version(6, "f")).live) == [*expected, version(6, "f")]
    assert list(history.live) == [ONE]
    assert History([ONE]).followed_by(THREE).live.numbered(1) == ONE


def test_a_version_is_found_by_its_number() -> None:
    history = History([ONE, THREE, version(7, "g")])
    assert [history.numbered(number) for number in (0, 1, 2, 3, 7, 8)] == [
        None,
        ONE,
        None,
        THREE,
        version(7, "g"),
        None,
    ]
    assert History().numbered(1) is None
