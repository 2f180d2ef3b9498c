"""What a release is made of, as CycloneDX: `sbom-python.cdx.json` and `sbom-web.cdx.json`.

    python -m deploy.release.sbom FOLDER

Made from the locks, so it is true of whoever installs from them; with hashes and licences, and the
same bytes for the same commit. `SOURCE_DATE_EPOCH` is its time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from deploy.release.licences import licence_of
from deploy.release.locks import ROOT, WEB

PYTHON, PAGE = "sbom-python.cdx.json", "sbom-web.cdx.json"
#: What the image installs, if there is a lock of its own.
LOCKS = ("requirements-image.lock", "requirements.lock")
_NAMES = UUID("2f0c2d5e-8a4b-4c5e-9a52-6f2f3a1c7d10")

Bom = dict[str, Any]


def of_python(root: Path = ROOT) -> Bom:
    """Return the Python packages that users get."""
    lock = next(root / name for name in LOCKS if (root / name).exists())
    program = Path(sys.executable).with_name("cyclonedx-py")
    words: list[str | Path] = [program, "requirements", lock.name, "--pyproject", "pyproject.toml"]
    bom = _made([*words, "--output-reproducible", "--of", "JSON"], root)
    for component in bom["components"]:
        licence = licence_of(component["name"])
        if licence:
            component["licenses"] = [{"expression": licence}]
    return _settled(bom)


def of_page(web: Path = WEB) -> Bom:
    """Return the npm packages that are in the page."""
    words: list[str | Path] = [
        "npm",
        "sbom",
        "--sbom-format",
        "cyclonedx",
        "--omit",
        "dev",
        "--package-lock-only",
    ]
    return _settled(_made([*words, "--sbom-type", "application"], web))


def _made(words: list[str | Path], folder: Path) -> Bom:
    beside = str(Path(sys.executable).parent)  # node and npm come as a package
    done = subprocess.run(  # noqa: S603 - our own words
        words,
        cwd=folder,
        env=os.environ | {"PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{words[0]}: {done.stderr.strip() or done.stdout.strip()}")
    bom: Bom = json.loads(done.stdout)
    return bom


def _settled(bom: Bom) -> Bom:
    """Take out what is of the moment: the time is the commit's, the number that of the contents."""
    metadata = bom["metadata"]
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    metadata["timestamp"] = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    bom.pop("serialNumber", None)
    bom["serialNumber"] = f"urn:uuid:{uuid5(_NAMES, json.dumps(bom, sort_keys=True))}"
    return bom


def write(folder: Path) -> list[Path]:
    """Write both files; return them."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, bom in ((PYTHON, of_python()), (PAGE, of_page())):
        text = json.dumps(bom, indent=1, sort_keys=True, ensure_ascii=False)
        (folder / name).write_text(f"{text}\n", "utf-8")
        made.append(folder / name)
    return made


if __name__ == "__main__":
    for written in write(Path(sys.argv[1])):
        sys.stdout.write(f"{written}\n")
