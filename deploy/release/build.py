"""Makes a release: the same bytes each time, from what is committed and nothing else.

    python -m deploy.release.build FOLDER [--without-audit REASON] [--image]

    FOLDER/automation_tasks-<version>-py3-none-any.whl   with the built page
           automation_tasks-<version>.tar.gz             the source
           automation-web-<version>.tar.gz               the page alone
           sbom-*.cdx.json, licences.tsv                 what it is made of
           release.json                                  of which commit, and whether it was audited
           SHA256SUMS                                    of all of these

It is made in a fresh clone, so no file that is not committed gets into it, and its time is that of
the commit (`SOURCE_DATE_EPOCH`). `--image` builds the image as well, with the engine at
DOCKER_HOST, and notes its id.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from deploy.release import audit, licences
from deploy.release.locks import ROOT

BIN = Path(sys.executable).parent


class NotReleased(Exception):
    """Something forbids this release; the text says what."""


def run(
    words: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
) -> str:
    """Run a program and return what it printed.

    Raises:
        NotReleased: it failed.
    """
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(  # noqa: S603 - our own words
        words,
        cwd=folder,
        env={**os.environ, "PATH": path, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join(map(str, words))
        raise NotReleased(f"{said}:\n{done.stdout}{done.stderr}")
    return done.stdout


def clone(source: Path, target: Path) -> tuple[str, int]:
    """Clone what is committed; return the commit and its time."""
    run(["git", "clone", "-q", "--no-hardlinks", source, target], source)
    commit, epoch = run(["git", "show", "-s", "--format=%H %ct", "HEAD"], target).split()
    return commit, int(epoch)


def build_page(tree: Path, epoch: int) -> None:
    """Build the page into the tree."""
    web = tree / "services" / "web"
    run(["npm", "ci", "--no-progress", "--loglevel=error"], web)
    run(["npm", "run", "-s", "build"], web, {"SOURCE_DATE_EPOCH": str(epoch)})


def build_packages(tree: Path, folder: Path, epoch: int) -> None:
    """Build wheel and source from the tree."""
    backend = (
        "import sys; from hatchling.build import build_sdist, build_wheel;"
        "build_sdist(sys.argv[1]); build_wheel(sys.argv[1])"
    )
    settings = {"SOURCE_DATE_EPOCH": str(epoch), "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    run([sys.executable, "-c", backend, folder], tree, settings)


def pack(folder: Path, target: Path, epoch: int) -> None:
    """Pack a folder: names in order, one time, no owner."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                entry = tarfile.TarInfo(file.relative_to(folder).as_posix())
                entry.size, entry.mtime, entry.mode = file.stat().st_size, epoch, 0o644
                with file.open("rb") as contents:
                    tar.addfile(entry, contents)
    with target.open("wb") as out, gzip.GzipFile("", "wb", fileobj=out, mtime=epoch) as zipped:
        zipped.write(data.getvalue())


def build_image(tree: Path, version: str, commit: str, epoch: int) -> str:
    """Build the image; return its id."""
    created = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {
        "SOURCE_DATE_EPOCH": str(epoch),
        "VERSION": version,
        "REVISION": commit,
        "CREATED": created,
    }
    options = [word for key, value in told.items() for word in ("--build-arg", f"{key}={value}")]
    tag = f"automation-tasks:{version}"
    run(["docker", "build", "-q", "-t", tag, *options, "."], tree, {"DOCKER_BUILDKIT": "1"})
    return run(["docker", "image", "inspect", "--format", "{{.Id}}", tag], tree).strip()


def sums(folder: Path) -> str:
    """Return the check sums of all files, as sha256sum writes them."""
    files = sorted(each for each in folder.iterdir() if each.name != "SHA256SUMS")
    return "".join(
        f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in files
    )


def build(
    folder: Path, *, source: Path = ROOT, with_image: bool = False, audited: str = ""
) -> list[str]:
    """Build everything into an empty folder; return the names of the files.

    Raises:
        NotReleased: the folder is not empty, or a step failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotReleased(f"{folder} is not empty")
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / "tree"
        commit, epoch = clone(source, tree)
        build_page(tree, epoch)
        build_packages(tree, folder, epoch)
        (wheel,) = folder.glob("*.whl")
        version = wheel.name.split("-")[1]
        pack(tree / "services/web/dist", folder / f"automation-web-{version}.tar.gz", epoch)
        # By the tree's own code, of the tree's own locks.
        told = {"SOURCE_DATE_EPOCH": str(epoch)}
        run([sys.executable, "-P", "-m", "deploy.release.sbom", folder], tree, told | _own(tree))
        listed = run([sys.executable, "-P", "-m", "deploy.release.licences"], tree, _own(tree))
        (folder / "licences.tsv").write_text(listed, "utf-8")
        facts = {"version": version, "commit": commit, "time": epoch, "audit": audited}
        if with_image:
            facts["image"] = build_image(tree, version, commit, epoch)
    (folder / "release.json").write_text(f"{json.dumps(facts, indent=1)}\n", "utf-8")
    (folder / "SHA256SUMS").write_text(sums(folder), "utf-8")
    return sorted(each.name for each in folder.iterdir())


def _own(tree: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}


def judged(without: str) -> str:
    """Return what is noted of the audit.

    Raises:
        NotReleased: there is a known vulnerability, or nobody could be asked.
    """
    if wrong := licences.objections(licences.everything()):
        raise NotReleased("\n".join(wrong))
    verdict = audit.ask_all()
    if verdict.code == audit.CLEAN:
        return "no known vulnerability"
    if verdict.code == audit.NOT_ASKED and without:
        return f"not asked: {without}"
    raise NotReleased("\n".join(audit.report(verdict)))


def main() -> int:
    """Make a release; return the exit code."""
    words = argparse.ArgumentParser(prog="deploy.release.build")
    words.add_argument("folder", type=Path)
    words.add_argument("--image", action="store_true", help="build the image, too (DOCKER_HOST)")
    words.add_argument("--without-audit", default="", metavar="REASON")
    given = words.parse_args()
    try:
        audited = judged(given.without_audit)
        made = build(given.folder.absolute(), with_image=given.image, audited=audited)
    except NotReleased as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for name in made:
        sys.stdout.write(f"{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
