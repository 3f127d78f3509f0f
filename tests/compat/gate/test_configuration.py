"""lineal.toml: every mistake is told with its place."""

from __future__ import annotations

import pytest

from compat.gate.configuration import Configuration, load
from compat.gate.errors import Misconfigured


def test_a_whole_file(tmp_path):
    file = tmp_path / "lineal.toml"
    file.write_text(
        'registry = "https://r"\nlevel = "FULL"\nagainst = ["git:main"]\n'
        '[[schemas]]\nglob = "*.avsc"\nsubject = "{stem}"\nlevel = "NONE"\n[schemas.map]\n"a.avsc" = "x"\n'
    )
    configuration = load(file)
    assert (configuration.registry, configuration.level, configuration.against) == ("https://r", "FULL", ("git:main",))
    assert configuration.sets()[0].map == {"a.avsc": "x"}


def test_every_setting_has_a_default(tmp_path):
    file = tmp_path / "lineal.toml"
    file.write_text("")
    assert load(file) == Configuration()
    assert len(Configuration().sets()) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("registry = 5", "$.registry"),
        ("registyr = 'x'", "registyr"),
        ("[[schemas]]\nsubject = 'x'", "glob"),
        ("[[schemas]]\nglob = 'x'\nlevel = 'SIDEWAYS'", "'SIDEWAYS' is not a level; choose one of NONE, BACKWARD"),
        ("level = 'backwards'", "'backwards' is not a level"),
        ("profile = 'lax'", "'lax' is not a profile; choose one of strict"),
        ("[[schemas]]\nglob = 'x'\nprofile = 'lax'", "'lax' is not a profile"),
        ("json_formats = 'sometimes'", "'sometimes' is not what 'format' can mean; choose one of conservative"),
        ("[rules]\nNOTHING = 'block'", "'NOTHING' is not a rule"),
        ("[[schemas]]\nglob = 'x'\nformat = 'XML'", "$.schemas[0].format"),
        ("a = [", "lineal.toml"),
    ],
)
def test_mistakes_name_their_place(tmp_path, text, message):
    file = tmp_path / "lineal.toml"
    file.write_text(text)
    with pytest.raises(Misconfigured, match=r"lineal\.toml") as caught:
        load(file)
    assert message in caught.value.message


def test_a_missing_file(tmp_path):
    with pytest.raises(Misconfigured, match="cannot be read"):
        load(tmp_path / "lineal.toml")
