"""Files of a folder and of a git revision; what is missing is told with the line that fetches it."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from compat.gate.errors import CouldNotCheck, Misconfigured
from compat.gate.tree import FolderTree, GitTree


def test_a_folder(folder):
    folder.write({"b/x.avsc": "x", "a.avsc": "ä", ".git/no": "", "node_modules/no": ""})
    tree = FolderTree(folder.root)
    assert list(tree.paths()) == ["a.avsc", "b/x.avsc"]
    assert tree.read(["a.avsc"]) == {"a.avsc": "ä"}


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(Misconfigured, match="is not a folder"):
        FolderTree(tmp_path / "no")


def test_text_that_is_not_utf_8_is_told_with_its_byte(folder):
    (folder.root / "a.avsc").write_bytes(b"abc\xff")
    with pytest.raises(CouldNotCheck, match=r"a\.avsc is not UTF-8 text \(byte 3\)"):
        FolderTree(folder.root).read(["a.avsc"])


def test_a_revision_is_read_without_touching_the_work_tree(folder):
    folder.write({"events/a b.avsc": "old", "events/ü.avsc": "ü"}).commit()
    folder.write({"events/a b.avsc": "new"})
    tree = GitTree(folder.root, "HEAD")
    assert tree.name == "git:HEAD"
    assert list(tree.paths()) == ["events/a b.avsc", "events/ü.avsc"]
    assert tree.read(tree.paths()) == {"events/a b.avsc": "old", "events/ü.avsc": "ü"}
    assert tree.read([]) == {}
    assert (folder.root / "events/a b.avsc").read_text() == "new"


def test_below_the_root_of_the_work_tree_paths_are_below_the_folder(folder):
    folder.write({"events/a.avsc": "x", "other/b.avsc": "y"}).commit()
    assert list(GitTree(folder.root / "events", "HEAD").paths()) == ["a.avsc"]


@pytest.mark.parametrize("revision", ["nope", "--output=x", "-h"])
def test_a_revision_nobody_knows(folder, revision):
    folder.write({"a.avsc": "x"}).commit()
    with pytest.raises(CouldNotCheck, match="git does not know the revision"):
        GitTree(folder.root, revision)


def test_before_the_first_commit_head_has_no_files(folder):
    folder.write({"a.avsc": "x"})
    subprocess.run(["git", "init", "-q", str(folder.root)], check=True)
    assert list(GitTree(folder.root, "HEAD").paths()) == []
    with pytest.raises(CouldNotCheck, match="git does not know the revision"):
        GitTree(folder.root, "main~1")


def test_a_link_is_the_file_it_leads_to(folder):
    folder.write({"shared/money.avsc": "x", "shop/own.avsc": "y"})
    for link, target in {
        "shop/money.avsc": "../shared/money.avsc",
        "shop/again.avsc": "money.avsc",
        "shop/circle.avsc": "circle.avsc",
        "shop/outside.avsc": "../../elsewhere.avsc",
    }.items():
        (folder.root / link).symlink_to(target)
    folder.commit()
    tree = GitTree(folder.root, "HEAD")
    assert tree.read(tree.paths()) == {
        "shared/money.avsc": "x",
        "shop/again.avsc": "x",
        "shop/money.avsc": "x",
        "shop/own.avsc": "y",
    }


def test_a_submodule_is_read_at_the_commit_that_the_revision_names(folder, tmp_path_factory):
    theirs = type(folder)(tmp_path_factory.mktemp("theirs"))
    first = theirs.write({"a.avsc": "1"}).commit()
    folder.write({"own.avsc": "o"}).commit()
    folder.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(theirs.root), "schemas")
    folder.commit()
    theirs.write({"a.avsc": "2"}).commit()
    subprocess.run(["git", "-C", str(folder.root / "schemas"), "pull", "-q"], check=True)
    tree = GitTree(folder.root, "HEAD")
    assert tree.read(["own.avsc", "schemas/a.avsc"]) == {"own.avsc": "o", "schemas/a.avsc": "1"}
    folder.commit()
    shutil.rmtree(folder.root / "schemas")
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", f"file://{theirs.root}", str(folder.root / "schemas")], check=True
    )
    with pytest.raises(CouldNotCheck, match=f"the submodule schemas, as HEAD~1 has it: git does not know .*{first}"):
        GitTree(folder.root, "HEAD~1")


def test_the_folder_says_which_clone_is_meant_not_the_hook_that_runs_it(folder, tmp_path, monkeypatch):
    folder.write({"events/a.avsc": "x"}).commit()
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.setenv("GIT_DIR", str(folder.root / ".git"))
    assert list(GitTree(folder.root / "events", "HEAD").paths()) == ["a.avsc"]
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    assert list(GitTree(folder.root / "events", "HEAD").paths()) == ["a.avsc"]


def test_outside_a_work_tree(tmp_path):
    with pytest.raises(CouldNotCheck, match="is not inside a git work tree"):
        GitTree(tmp_path, "HEAD")


def test_a_shallow_clone_is_told_how_to_get_the_rest(folder, tmp_path_factory):
    first = folder.write({"a.avsc": "1"}).commit()
    folder.write({"a.avsc": "2"}).commit()
    clone = tmp_path_factory.mktemp("clone") / "c"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{folder.root}", str(clone)], check=True)
    with pytest.raises(CouldNotCheck, match=r"run `git fetch --unshallow` first \(on GitHub: `fetch-depth: 0`"):
        GitTree(clone, "HEAD~1")
    with pytest.raises(
        CouldNotCheck, match=r"git fetch --no-tags --depth=1 origin \+refs/heads/x:refs/remotes/origin/x"
    ):
        GitTree(clone, "origin/x")
    with pytest.raises(CouldNotCheck, match="git fetch --unshallow"):
        GitTree(clone, first)
