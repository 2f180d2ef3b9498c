"""The manifests as `kubectl apply -k` would send them, without a cluster."""

from __future__ import annotations

import functools
import pickle
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from deploy.keys import contents
from deploy.keys.folder import Folder

Object = dict[str, Any]
"""One object of Kubernetes."""

ROOT = Path(__file__).parents[2]
K8S = ROOT / "deploy" / "k8s"
#: As which overlays are looked at. `everything` is production with all components.
OVERLAYS = ("single-node", "production", "everything")
EVERYTHING = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../production]
components: [{components}]
"""


@functools.cache
def rendered(overlay: str) -> str:
    """Return the text of an overlay, as it is applied."""
    if overlay != "everything":
        return kustomize(K8S / "overlays" / overlay)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(shutil.copytree(K8S, Path(folder) / "k8s"))
        used = (whole / "overlays" / "production" / "kustomization.yaml").read_text("utf-8")
        parts = sorted(each.name for each in (whole / "components").iterdir())
        missing = [part for part in parts if f"\n  - ../../components/{part}" not in used]
        lines = ", ".join(f"../../components/{part}" for part in missing)
        (whole / "overlays" / "everything").mkdir()
        file = whole / "overlays" / "everything" / "kustomization.yaml"
        file.write_text(EVERYTHING.format(components=lines), "utf-8")
        return kustomize(file.parent)


@functools.cache
def _rendered_secrets() -> str:
    """Render the Secrets from fresh files of `automation keys init`."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(shutil.copytree(K8S / "secrets", Path(folder) / "secrets"))
        shutil.rmtree(whole / "keys", ignore_errors=True)
        contents.init(Folder(whole / "keys"), {}, datetime.now(UTC))
        return kustomize(whole)


def kustomize(folder: Path) -> str:
    """Return what `kubectl kustomize` makes of *folder*.

    Raises:
        subprocess.CalledProcessError: it cannot be rendered.
    """
    kubectl = Path(sys.executable).parent / "kubectl"
    done = subprocess.run(
        [kubectl, "kustomize", folder], check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def objects(overlay: str) -> list[Object]:
    """Return fresh copies of the objects of an overlay, and of the Secrets."""
    found: list[Object] = pickle.loads(_objects(overlay))  # noqa: S301 - our own
    return found


@functools.cache
def _objects(overlay: str) -> bytes:
    """Pickled: to copy it so takes a tenth of the time."""
    texts = (rendered(overlay), _rendered_secrets())
    return pickle.dumps(
        [each for text in texts for each in yaml.load_all(text, yaml.CSafeLoader) if each]
    )


def of_kind(everything: list[Object], *kinds: str) -> list[Object]:
    """Return the objects of these kinds."""
    return [each for each in everything if each["kind"] in kinds]


def named(everything: list[Object], kind: str, name: str) -> Object:
    """Return one object.

    Raises:
        LookupError: there is none, or more than one.
    """
    found = [each for each in of_kind(everything, kind) if each["metadata"]["name"] == name]
    if len(found) != 1:
        raise LookupError(f"{len(found)} objects {kind} {name}")
    return found[0]
