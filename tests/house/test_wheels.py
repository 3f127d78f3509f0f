"""Both distributions build, and the client is light: installed alone it works, and it imports nothing of the server."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
SERVER_PACKAGES = {"compat", "registry", "web"}


def build(project: Path, target: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, check=True, cwd=project, capture_output=True)
    [wheel] = target.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def client_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT / "upcasters", tmp_path_factory.mktemp("client"))


def packages_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name.split("/")[0] for name in archive.namelist() if ".dist-info/" not in name}


def test_the_server_wheel_holds_its_packages_and_their_data(tmp_path: Path) -> None:
    wheel = build(ROOT, tmp_path)
    assert packages_in(wheel) == SERVER_PACKAGES
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert any(name.startswith("web/templates/") for name in names)
    assert any(name.startswith("web/static/") for name in names)
    assert any(name.startswith("registry/storage/migrations/") for name in names)


def test_the_source_distribution_holds_the_packages_and_nothing_of_the_tests(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    [made] = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(made, tmp_path / "unpacked")
    [unpacked] = (tmp_path / "unpacked").iterdir()
    assert {path.name for path in unpacked.iterdir()} == {
        *SERVER_PACKAGES,
        "LICENSE",
        "PKG-INFO",
        "README.md",
        "pyproject.toml",
        ".gitignore",
    }


def test_both_distributions_have_one_version_and_ask_for_each_other() -> None:
    [client] = [
        one for one in map(Requirement, distribution("lineal").requires or ()) if one.name == "lineal-upcasters"
    ]
    assert client.specifier.contains(distribution("lineal-upcasters").version)
    assert distribution("lineal").version == distribution("lineal-upcasters").version


def test_the_client_wheel_holds_only_upcasters(client_wheel: Path) -> None:
    assert packages_in(client_wheel) == {"upcasters"}


def test_the_client_needs_few_and_light_distributions() -> None:
    requires = [Requirement(line) for line in distribution("lineal-upcasters").requires or ()]
    assert {one.name for one in requires if one.marker is None} == {"httpx", "msgspec"}


def test_the_client_alone_imports_nothing_of_the_server(client_wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "alone", with_pip=False)
    python = tmp_path / "alone" / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"], capture_output=True, text=True, check=True
    ).stdout.strip()
    with zipfile.ZipFile(client_wheel) as archive:
        archive.extractall(site)
    msgspec = Path(
        next(iter(distribution("msgspec").files or ())).locate()
    ).parent  # the one library it imports at once
    (Path(site) / msgspec.name).symlink_to(msgspec)
    loaded = subprocess.run(
        [python, "-W", "error", "-c", "import sys, upcasters; print(' '.join({m.split('.')[0] for m in sys.modules}))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    ).stdout.split()
    assert "upcasters" in loaded
    assert not SERVER_PACKAGES & set(loaded)
    assert not {"litestar", "sqlalchemy", "fastavro", "google", "httpx"} & set(loaded)
