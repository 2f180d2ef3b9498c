"""A release is the same bytes each time, holds what is committed, and says what it is made of."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.release import build, sbom
from deploy.release.build import NotReleased
from deploy.release.locks import ROOT, npm_packages, python_packages

COMMIT_TIME = 1_790_000_000
AT = f"{COMMIT_TIME} +0000"


def git(folder: Path, *words: str) -> str:
    known = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["/usr/bin/env", "git", *known, *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"GIT_COMMITTER_DATE": AT, "GIT_AUTHOR_DATE": AT},
    )
    return done.stdout


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository with all that lies here now committed, and more that is not."""
    folder = tmp_path_factory.mktemp("repository") / "tree"
    git(ROOT, "clone", "-q", "--no-hardlinks", str(ROOT), str(folder))
    for name in git(ROOT, "ls-files", "--others", "--modified", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    (folder / "shared" / "left_behind.py").write_text("", "utf-8")
    (folder / "deploy/k8s/secrets/keys").mkdir()
    (folder / "deploy/k8s/secrets/keys/db-owner.password").write_text("secret", "utf-8")
    return folder


def packages(committed: Path, place: Path, name: str) -> dict[str, bytes]:
    """Build wheel and source in a clone of their own."""
    _, epoch = build.clone(committed, place / name / "tree")
    page = place / name / "tree/services/web/dist"
    page.mkdir(parents=True)
    (page / "index.html").write_text("the page", "utf-8")
    out = place / name / "out"
    out.mkdir()
    build.build_packages(place / name / "tree", out, epoch)
    build.pack(page, out / "page.tar.gz", epoch)
    return {each.name: each.read_bytes() for each in out.iterdir()}


@pytest.fixture(scope="module")
def twice(
    committed: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    place = tmp_path_factory.mktemp("built")
    return packages(committed, place, "here"), packages(committed, place, "in/another/folder")


def test_two_builds_in_two_folders_are_the_same_bytes(
    twice: tuple[dict[str, bytes], dict[str, bytes]],
) -> None:
    first, second = twice

    assert {name.partition("-")[2] for name in first} >= {"0.1.0-py3-none-any.whl", "0.1.0.tar.gz"}
    assert {name: digest(data) for name, data in first.items()} == {
        name: digest(data) for name, data in second.items()
    }


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_release_holds_what_is_committed_and_the_page(
    twice: tuple[dict[str, bytes], dict[str, bytes]], tmp_path: Path
) -> None:
    for name, data in twice[0].items():
        (tmp_path / name).write_bytes(data)
    (wheel,) = tmp_path.glob("*.whl")
    (source,) = tmp_path.glob("automation_tasks*.tar.gz")

    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        times = {each.date_time for each in archive.infolist()}
    with tarfile.open(source) as tar:
        sources = {each.name.partition("/")[2] for each in tar.getmembers()}

    assert "services/web/dist/index.html" in names
    assert "shared/settings.py" in names
    for each in (names, sources):
        assert not [name for name in each if "left_behind" in name or "keys/db-" in name]
    moment = datetime.fromtimestamp(COMMIT_TIME, UTC)
    assert times == {moment.timetuple()[:6]}


def test_check_sums_are_what_sha256sum_reads(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a", "utf-8")
    (tmp_path / "b").write_text("b", "utf-8")
    (tmp_path / "SHA256SUMS").write_text(build.sums(tmp_path), "utf-8")

    def check() -> int:
        return subprocess.run(
            ["/usr/bin/env", "sha256sum", "--quiet", "-c", "SHA256SUMS"],
            cwd=tmp_path,
            check=False,
            capture_output=True,
        ).returncode

    assert check() == 0
    (tmp_path / "a").write_text("other", "utf-8")
    assert check() != 0


def test_a_release_never_mixes_with_another_one(tmp_path: Path) -> None:
    (tmp_path / "old.whl").touch()

    with pytest.raises(NotReleased, match="not empty"):
        build.build(tmp_path)


def test_the_bill_of_materials_is_valid_complete_and_the_same_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(COMMIT_TIME))
    first = [file.read_text("utf-8") for file in sbom.write(tmp_path)]

    # npm says the time and a number of its own each time; Python's takes seconds, and its order
    # is all that could differ.
    assert json.loads(first[1]) == sbom.of_page()
    names = [each["name"].lower() for each in json.loads(first[0])["components"]]
    assert names == sorted(names)
    for text in first:
        bom = json.loads(text)
        version = SchemaVersion.from_version(bom["specVersion"])
        assert JsonStrictValidator(version).validate_str(text) is None
        assert bom["metadata"]["timestamp"] == "2026-09-21T14:13:20Z"
        assert all(each.get("licenses") for each in bom["components"]), "without a licence"
    python, page = (
        {(each["name"], each["version"]) for each in json.loads(text)["components"]}
        for text in first
    )
    assert python <= {(each.name, each.version) for each in python_packages() if each.is_shipped}
    assert ("asyncpg", dict(python)["asyncpg"]) in python
    shipped = {(each.name, each.version) for each in npm_packages() if each.is_shipped}
    assert {name for name, _ in page} >= {"react", "antd"}
    # What is left out are types, which the compiler reads and nobody ships.
    assert page <= shipped
    rest = {name for name, _ in shipped - page}
    assert {name for name in rest if not name.startswith("@types/")} <= {"csstype"}
