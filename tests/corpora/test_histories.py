"""The real schema histories, registered into an empty registry by the documented run (`make histories`)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RUN = Path(__file__).resolve().parents[1] / "histories" / "run.py"

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def results(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    file = tmp_path_factory.mktemp("histories") / "result.json"
    done = subprocess.run(
        [sys.executable, str(RUN), "--corpora", str(corpora), "--json", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return {result["corpus"]: result for result in json.loads(file.read_text())}


@pytest.mark.parametrize(
    ("corpus", "subjects", "versions", "steps"),
    [("iglu", 519, 660, 141), ("lsst", 6, 60, 54), ("opentelemetry", 14, 90, 76), ("pubsub", 35, 110, 75)],
)
def test_every_version_is_registered_and_every_step_judged(results, corpus, subjects, versions, steps):
    result = results[corpus]
    assert (result["subjects"], result["versions"], len(result["steps"])) == (subjects, versions, steps)
    assert result["deviations"] == 0


def test_every_incompatible_step_has_an_event_that_was_executed(results):
    for result in results.values():
        for step in result["steps"]:
            for direction in ("backward", "forward"):
                causes = [cause for cause in step["causes"] if cause["direction"] == direction.upper()]
                proven = [cause for cause in causes if cause["severity"] != "UNDECIDED"]
                assert (step[direction] == "incompatible") == bool(proven), step
                assert all(cause["reader"] and cause["error"] for cause in proven), step
                assert (step[direction] == "compatible") == (not causes), step


def test_what_all_versions_accept_the_last_one_accepts(results):
    for result in results.values():
        for step in result["steps"]:
            for direction in ("backward", "forward"):
                if step[f"{direction}_transitive"] == "compatible":
                    assert step[direction] == "compatible", step
            assert all(each["severity"] == "UNDECIDED" or (each["reader"] and each["error"]) for each in step["older"])


def test_only_json_schema_may_leave_a_step_undecided(results):
    for corpus in ("lsst", "opentelemetry", "pubsub"):
        assert not [step for step in results[corpus]["steps"] if "unknown" in (step["backward"], step["forward"])]
    undecided = [step for step in results["iglu"]["steps"] if step["backward"] == "unknown"]
    assert len(undecided) <= 0.03 * len(results["iglu"]["steps"]), [step["subject"] for step in undecided]


def test_the_known_breaks_of_opentelemetry_are_named(results):
    broken = {
        (step["subject"].rpartition("/")[2], step["label"]): {cause["rule"] for cause in step["causes"]}
        for step in results["opentelemetry"]["steps"]
        if step["backward"] == "incompatible"
    }
    assert broken["metrics.proto", "v0.8.0"] & {"MESSAGE_REMOVED", "HELD_MESSAGE_REMOVED"}
    assert ("metrics.proto", "v0.12.0") in broken


def test_new_fields_of_the_alert_packet_without_a_default_are_found_through_the_references(results):
    steps = {step["label"]: step for step in results["lsst"]["steps"] if step["subject"] == "lsst.alert"}
    assert steps["7.0"]["backward"] == "incompatible"
    places = {cause["place"] for cause in steps["7.0"]["causes"]}
    assert any(place.startswith("lsst.v7_0.diaSource") for place in places)
