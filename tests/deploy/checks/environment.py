"""What a container is told is what its program reads: commands, variables, and values it accepts.

The settings of each role are loaded with the very environment that the pod would have. A variable
that no setting has is a typing error that nobody would ever hear of: settings ignore what they do
not know.
"""

from __future__ import annotations

import base64
import functools
import importlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import typer.main
from pydantic import ValidationError

from deploy.host_cli import app
from deploy.serve import ROLES
from services.executor.actions.data_backup.job import BACKUP_PASSWORD_FILE, BACKUP_URL
from shared.settings import ServiceSettings
from tests.deploy.rendering import Object, named
from tests.deploy.workloads import Workload, workloads

PREFIX = "AUTOMATION_"
#: What an action reads for itself: no setting of a service holds what gives so much.
READ_APART = frozenset({BACKUP_URL, BACKUP_PASSWORD_FILE})
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")


def settings_of(role: str) -> type[ServiceSettings]:
    """Return the settings class of a role."""
    package = ROLES[role].removesuffix(".app")
    module = importlib.import_module(f"{package}.settings")
    (found,) = (
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, ServiceSettings)
        and each.__module__ == module.__name__
    )
    return found


def variables(settings: type[ServiceSettings]) -> frozenset[str]:
    """Return the variables that a settings class reads."""
    return frozenset(f"{PREFIX}{name.upper()}" for name in settings.model_fields)


def all_variables() -> frozenset[str]:
    """Return the variables that any role reads."""
    return frozenset[str]().union(*(variables(settings_of(role)) for role in ROLES))


@functools.cache
def _commands() -> Any:  # noqa: ANN401 - Typer's own copy of click
    """Return our command line; Typer makes all of it anew each time."""
    return typer.main.get_command(app)


def of_commands() -> frozenset[str]:
    """Return the variables that options of our command line are read from."""
    found = set[str]()
    waiting = [_commands()]
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        for parameter in command.params:
            names = parameter.envvar or ()
            found.update([names] if isinstance(names, str) else names)
    return frozenset(found)


def objections(role: str, environment: Mapping[str, str]) -> list[str]:
    """Return what the settings of *role* say to an environment."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        settings_of(role)()
    except ValidationError as error:
        return [
            f"{PREFIX}{str(wrong['loc'][0]).upper()}: {wrong['msg']}" for wrong in error.errors()
        ]
    finally:
        os.environ.clear()
        os.environ.update(kept)
    return []


def problems(objects: list[Object]) -> list[str]:
    """Return what a program would not understand, or not hear."""
    return [
        f"{pod} {container['name']}: {wrong}"
        for pod in workloads(objects)
        if pod.is_ours
        for container in pod.containers
        for wrong in _of_container(pod, container, objects)
    ]


def _of_container(pod: Workload, container: Object, objects: list[Object]) -> Iterator[str]:
    yield from misunderstood(pod.service, container["args"])
    given = environment(pod, container, objects)
    own = {each["name"] for each in container.get("env", [])}
    everybodys = all_variables()
    for name in sorted(given):
        if "$(" in given[name]:
            yield f"{name}: what it refers to is not there, or stands below it"
        if name.startswith(PREFIX):
            known = variables(settings_of(pod.service)) if pod.service in ROLES else everybodys
            if name not in (known | READ_APART if name in own else everybodys):
                yield f"{name} is read by nobody"
    for path in _files(given):
        if not _is_mounted(pod, container, path, objects):
            yield f"{path} is in no volume"
    if pod.service in ROLES:
        yield from objections(pod.service, given)


def misunderstood(role: str, args: list[str]) -> Iterator[str]:
    """Yield what our command line does not understand of *args*, or what *role* has not to do."""
    command = _commands()
    words = list(args)
    while words and (known := getattr(command, "commands", None)):
        word = words.pop(0)
        if word not in known:
            yield f"there is no command {' '.join(args)}"
            return
        command = known[word]
    options = {each for parameter in command.params for each in parameter.opts}
    for word in words:
        if word.startswith("--") and word not in options:
            yield f"{' '.join(args)}: there is no option {word}"
    if args[0] == "serve" and (args[1] != role or role not in ROLES):
        yield f"{role} runs {' '.join(args)}"


def environment(pod: Workload, container: Object, objects: list[Object]) -> dict[str, str]:
    """Return the environment as the kubelet makes it: a value may refer to those above it."""
    result: dict[str, str] = {}
    for source in container.get("envFrom", []):
        result.update(named(objects, "ConfigMap", source["configMapRef"]["name"])["data"])
    own: dict[str, str] = {}
    for each in container.get("env", []):
        source = each.get("valueFrom", {})
        if "configMapKeyRef" in source:
            reference = source["configMapKeyRef"]
            data = named(objects, "ConfigMap", reference["name"])["data"]
            own[each["name"]] = data[reference["key"]]
        elif "secretKeyRef" in source:
            own[each["name"]] = ""  # what is in it is not ours to know
        elif "fieldRef" in source:
            own[each["name"]] = f"{pod.name}-0"
        else:
            own[each["name"]] = _REFERENCE.sub(
                lambda found: own.get(found[1], found[0]), each["value"]
            )
    return result | own


def _files(given: Mapping[str, str]) -> Iterator[str]:
    for name, value in given.items():
        if name.endswith("_FILE"):
            yield value
        if found := re.search(r"sslrootcert=([^&]+)", value):
            yield found[1]


def _is_mounted(pod: Workload, container: Object, path: str, objects: list[Object]) -> bool:
    folder, _, name = path.rpartition("/")
    return any(
        name in files(pod, mount["name"], objects)
        for mount in container["volumeMounts"]
        if mount["mountPath"] == folder
    )


def files(pod: Workload, volume_name: str, objects: list[Object]) -> dict[str, str]:
    """Return the files of a volume made of Secrets and ConfigMaps."""
    volume = pod.volume(volume_name) or {}
    found: dict[str, str] = {}
    for source in [volume, *volume.get("projected", {}).get("sources", [])]:
        if "secret" in source:
            secret = source["secret"].get("name") or source["secret"].get("secretName")
            data = named(objects, "Secret", secret)["data"]
            found |= {key: base64.b64decode(value).decode() for key, value in data.items()}
        if "configMap" in source:
            found |= named(objects, "ConfigMap", source["configMap"]["name"])["data"]
    return found
