"""The secret files of a system: read, sealed with age, laid out again where they belong.

Without the keys a restored database is a list of texts that nobody can open; with keys that anybody
can read, a backup is the theft of all of them. So they are in it, and only ever encrypted.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyrage

from services.executor.actions.data_backup.packing import read_key
from shared.runtime.key_file import FILE, VARIABLE
from shared.runtime.secret_box import parse_keys

#: What a secret file may be called. Whoever can write a backup must not choose where we write.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
#: Secret files are small; a folder of something else is a mistake.
LARGEST = 1 << 20

Files = Mapping[str, str]


class KeysRefused(Exception):
    """The keys cannot be saved, or not be laid out; the text says why."""


def collect(home: Path, folder: Path | None) -> dict[str, str]:
    """Return the secret files of a system, by name: of *folder*, and the keys of the secret box.

    Raises:
        KeysRefused: something in the folder is no secret file.
    """
    found: dict[str, str] = {}
    for file in sorted(folder.iterdir()) if folder else ():
        if file.name.startswith((".", "..")) or not file.is_file():
            continue  # what Kubernetes mounts beside them
        if not NAME.fullmatch(file.name) or file.stat().st_size > LARGEST:
            raise KeysRefused(f"{file} is no secret file of this system")
        found[file.name] = file.read_text(encoding="utf-8")
    if given := os.environ.get(VARIABLE):
        found[FILE] = "".join(f"{key}\n" for key in parse_keys(given))
    elif FILE not in found and (home / FILE).exists():
        found[FILE] = (home / FILE).read_text(encoding="utf-8")
    return found


def united(before: Files, after: Files) -> dict[str, str]:
    """Return what was read *after*, with the keys of both: one may have been changed in between."""
    together = dict(after)
    if FILE in before and FILE in after:
        lines = dict.fromkeys([*after[FILE].split(), *before[FILE].split()])
        together[FILE] = "".join(f"{line}\n" for line in lines)
    return together


def ids_of(files: Files) -> list[str]:
    """Return the names of the keys that seal secrets; they are no secrets themselves."""
    return [key.id for key in parse_keys(files[FILE])] if FILE in files else []


def seal(files: Files, recipients: Sequence[str]) -> bytes:
    """Encrypt the files to age public keys.

    Raises:
        KeysRefused: to nobody.
    """
    if not recipients:
        raise KeysRefused(
            "keys are never saved unencrypted: say --encrypt-to age1… (`automation system new-key"
            " FILE` makes a key pair; keep the file away from the backups)"
        )
    text = json.dumps(dict(files)).encode()
    sealed: bytes = pyrage.encrypt(
        text, [pyrage.x25519.Recipient.from_str(each) for each in recipients]
    )
    return sealed


def unseal(sealed: bytes, key: str) -> dict[str, str]:
    """Decrypt them.

    Raises:
        KeysRefused: with this key it is not possible, or what comes out are no secret files.
        ActionFailed: it is no age key.
    """
    try:
        files = json.loads(pyrage.decrypt(sealed, [read_key(key)]))
    except pyrage.DecryptError as error:
        raise KeysRefused(f"the keys cannot be decrypted with this key: {error}") from error
    except ValueError as error:
        raise KeysRefused("what was encrypted are no keys") from error
    if not isinstance(files, dict) or not all(
        NAME.fullmatch(name) and isinstance(text, str) for name, text in files.items()
    ):
        raise KeysRefused("what was encrypted are no keys")
    return files


def lay_out(files: Files, folder: Path) -> list[str]:
    """Write the files, readable by their owner alone; return the names of those that are new.

    Raises:
        KeysRefused: a file of that name says something else. Then none was written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = {name: text for name, text in files.items() if not (folder / name).exists()}
    for name in files.keys() - wanted.keys():
        if (folder / name).read_text(encoding="utf-8").split() != files[name].split():
            raise KeysRefused(f"{folder / name} is there already, and is another one")
    written: list[Path] = []
    try:
        for name, text in wanted.items():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            written.append(folder / name)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
    except BaseException:  # a full disk: half a key would keep the next try from its place
        for file in written:
            file.unlink(missing_ok=True)
        raise
    return sorted(wanted)


def new_key(file: Path) -> str:
    """Make an age key pair: the secret one in *file*, for its owner alone; return the other.

    Raises:
        KeysRefused: there is such a file.
    """
    identity = pyrage.x25519.Identity.generate()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeysRefused(f"{file} is there already") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(f"# public key: {identity.to_public()}\n{identity}\n")
        out.flush()
        os.fsync(out.fileno())
    return str(identity.to_public())
