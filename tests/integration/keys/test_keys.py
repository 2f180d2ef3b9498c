"""Secret files are made once, belong to their owner alone, and are changed step by step."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from typer.testing import CliRunner, Result

from deploy import keys_cli
from deploy.keys import authority, bus, certificates, contents, rotation, troubles
from deploy.keys.folder import Folder
from deploy.keys.rotation import NotNow, Step
from shared.bus.nkey import UserKey

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CONTRACT = {
    *(f"db-{role}.password" for role in ("owner", "api", "scheduler", "executor", "log-writer")),
    *("db-notifier.password", "db-backup.password", "secret-key", "nats-users.conf"),
    *(f"nats-{role}.seed" for role in ("api", "scheduler", "executor", "log-writer", "notifier")),
    *("nats-account-runtime.seed", "nats-bus-keeper.seed"),
    *("ca.crt", "ca.key", "nats.crt", "nats.key", "postgres.crt", "postgres.key"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "keys")
    contents.init(made, {"nats": ["nats.example", "192.0.2.7"]}, NOW)
    return made


def contents_of(folder: Folder) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.path.iterdir()}


def automation(folder: Folder, *words: str) -> Result:
    return CliRunner().invoke(keys_cli.app, [*words, "--keys", str(folder.path)])


def test_everything_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = Folder(tmp_path / "keys")
        made = contents.init(folder, {}, NOW)
    finally:
        os.umask(before)

    assert set(made) == CONTRACT == {file.name for file in folder.path.iterdir()}
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.path.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_what_is_there_is_never_overwritten(folder: Folder) -> None:
    before = contents_of(folder)

    assert contents.init(folder, {}, NOW + timedelta(days=1)) == []
    assert contents_of(folder) == before


def test_what_was_lost_is_made_again_and_nothing_else(folder: Folder) -> None:
    before = contents_of(folder)
    folder.drop("nats-executor.seed")

    assert set(contents.init(folder, {}, NOW)) == {"nats-executor.seed", "nats-users.conf"}
    now = contents_of(folder)
    assert {name for name in before if before[name] != now[name]} == {
        "nats-executor.seed",
        "nats-users.conf",
    }


def test_no_two_secrets_are_the_same_and_the_servers_file_holds_none(folder: Folder) -> None:
    found = contents_of(folder)
    secrets = [
        text.strip() for name, text in found.items() if name.endswith((".password", ".seed"))
    ]

    assert len(set(secrets)) == len(secrets)
    assert not any(each in found["nats-users.conf"] for each in secrets)


def test_certificates_are_for_their_servers_and_end(folder: Folder) -> None:
    (nats,) = authority.certificates_in(folder.read("nats.crt"))
    (postgres,) = authority.certificates_in(folder.read("postgres.crt"))

    assert {"nats", "nats.example", "192.0.2.7", "127.0.0.1"} <= set(authority.names_of(nats))
    assert "nats" not in authority.names_of(postgres)
    # Servers of a cluster know each other by theirs; PostgreSQL's must not do for that.
    usages = [
        set(each.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        for each in (nats, postgres)
    ]
    assert usages == [
        {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH},
        {ExtendedKeyUsageOID.SERVER_AUTH},
    ]
    assert nats.not_valid_after_utc - NOW == timedelta(days=397)


def test_a_change_of_a_seed_has_two_keys_in_the_middle(folder: Folder) -> None:
    seed = bus.seed_file("api")
    old = UserKey.from_seed(folder.read(seed)).public

    rotation.rotate_seed(folder, "api", Step.ALLOW)
    assert UserKey.from_seed(folder.read(seed)).public == old
    allowed = bus.public_keys(folder, "api")
    assert len(allowed) == 2

    rotation.rotate_seed(folder, "api", Step.USE)
    new = UserKey.from_seed(folder.read(seed)).public
    assert new != old
    assert set(bus.public_keys(folder, "api")) == set(allowed) == {old, new}
    assert all(key in folder.read(bus.CONF) for key in (old, new))

    rotation.rotate_seed(folder, "api", Step.DROP)
    assert bus.public_keys(folder, "api") == [new]
    assert old not in folder.read(bus.CONF)
    assert not [name for name in contents_of(folder) if name not in CONTRACT]


@pytest.mark.parametrize("step", [Step.ALLOW, Step.USE, Step.DROP])
def test_a_step_that_is_taken_twice_does_no_harm(folder: Folder, step: Step) -> None:
    old = bus.public_keys(folder, "api")[0]
    for each in (Step.ALLOW, Step.USE, Step.DROP):
        rotation.rotate_seed(folder, "api", each)
        if each is step:
            before = contents_of(folder)
            try:
                rotation.rotate_seed(folder, "api", each)
            except NotNow:
                assert each is Step.USE
            assert contents_of(folder) == before
    assert old not in bus.public_keys(folder, "api")


def test_use_that_was_interrupted_forgets_nobody(folder: Folder) -> None:
    rotation.rotate_seed(folder, "api", Step.ALLOW)
    coming = folder.read("nats-api.seed.next")
    both = set(bus.public_keys(folder, "api"))
    rotation.rotate_seed(folder, "api", Step.USE)
    folder.put("nats-api.seed.next", coming)  # killed before it was dropped

    rotation.rotate_seed(folder, "api", Step.USE)

    assert set(bus.public_keys(folder, "api")) == both


def test_steps_have_an_order(folder: Folder) -> None:
    with pytest.raises(NotNow):
        rotation.rotate_seed(folder, "api", Step.USE)
    with pytest.raises(NotNow):
        rotation.rotate_authority(folder, Step.USE, NOW)
    rotation.rotate_seed(folder, "api", Step.ALLOW)
    rotation.rotate_authority(folder, Step.ALLOW, NOW)
    with pytest.raises(NotNow):
        rotation.rotate_seed(folder, "api", Step.DROP)
    with pytest.raises(NotNow):
        rotation.rotate_authority(folder, Step.DROP, NOW)
    with pytest.raises(NotNow):
        rotation.rotate_seed(folder, "nobody", Step.ALLOW)
    with pytest.raises(NotNow):
        rotation.rotate_password(folder, "nobody")


def test_at_each_step_the_authorities_that_are_believed_vouch_for_all_servers(
    folder: Folder,
) -> None:
    for step in (Step.ALLOW, Step.USE, Step.DROP):
        rotation.rotate_authority(folder, step, NOW)
        known = authority.certificates_in(folder.read("ca.crt"))
        assert len(known) == (1 if step is Step.DROP else 2)
        for server in certificates.SERVERS:
            (certificate,) = authority.certificates_in(folder.read(f"{server}.crt"))
            issuers = [each for each in known if each.subject == certificate.issuer]
            assert any(vouches(each, certificate) for each in issuers), step


def vouches(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001 - a wrong signature has a type of its own for each kind of key
        return False
    return True


def test_a_check_finds_what_is_wrong(folder: Folder) -> None:
    assert troubles.troubles(folder, NOW, 30) == []
    folder.file("ca.key").chmod(0o644)
    folder.drop("db-api.password")

    found = troubles.troubles(folder, NOW + timedelta(days=380), 30)

    assert found == [
        "db-api.password is missing",
        "ca.key can be read by others",
        "nats.crt ends on 2027-12-26",
        "postgres.crt ends on 2027-12-26",
    ]


def test_a_check_finds_grants_that_are_not_of_this_version(folder: Folder) -> None:
    folder.put(bus.CONF, folder.read(bus.CONF).replace("event.automation.>", "event.>"))

    (trouble,) = troubles.troubles(folder, NOW, 30)

    assert "nats-users.conf" in trouble


def test_the_command_line(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "keys")
    assert automation(folder, "check").exit_code == 2
    made = CliRunner().invoke(keys_cli.app, ["init", str(folder.path)])
    assert set(made.stdout.split()) == CONTRACT
    assert automation(folder, "check").exit_code == 0
    assert automation(folder, "add-producer", "shop", "--serves", "svc.shop.>").exit_code == 0
    assert "svc.shop.>" in folder.read(bus.CONF)
    for wrong in ("alert", "automation", "a.b", "*"):
        refused = automation(folder, "add-producer", wrong)
        assert refused.exit_code == 1, wrong
    assert automation(folder, "add-producer", "x", "--serves", "rpc.>").exit_code == 1
    assert automation(folder, "add-runtime", "eu").exit_code == 0
    assert "runtime-eu" in folder.read(bus.CONF)
    shown = automation(folder, "show").stdout.split()[::2]
    assert {"producer-shop", "account-runtime-eu"} <= set(shown)
    assert automation(folder, "remove-producer", "shop").exit_code == 0
    assert not folder.has("nats-producer-shop.seed")
    assert "event.shop.>" not in folder.read(bus.CONF)


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (("rotate", "db", "api"), {"db-api.password"}),
        (("rotate", "certs", "nats"), {"nats.crt", "nats.key"}),
        (("rotate", "nats", "executor", "allow"), {"nats-executor.seed.next", "nats-users.conf"}),
        (("rotate", "ca", "allow"), {"ca.crt", "ca.crt.next", "ca.key.next"}),
    ],
    ids=lambda each: "-".join(each) if isinstance(each, tuple) else "",
)
def test_a_rotation_changes_what_it_names_and_says_what_is_next(
    folder: Folder, words: tuple[str, ...], changed: set[str]
) -> None:
    before = contents_of(folder)

    result = automation(folder, *words)

    now = contents_of(folder)
    assert result.exit_code == 0
    assert {name for name in now if now[name] != before.get(name)} == changed
    assert "ow" in result.stderr or "Give" in result.stderr
    assert not any(text.strip() in result.output for name, text in now.items() if "seed" in name)


@pytest.mark.parametrize(
    ("language", "end"), [("zh_TW.UTF-8", "結束 nats-server"), ("C", "End nats")]
)
def test_what_is_next_fits_the_server_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, end: str
) -> None:
    """That of `automation up` reads its users at its start only: a signal changes nothing there."""
    monkeypatch.setenv("LC_ALL", language)
    folder = Folder(tmp_path / "nats" / "keys")
    contents.init(folder, {}, NOW)
    said = automation(folder, "rotate", "nats", "executor", "allow").stderr
    assert "SIGHUP" in said
    assert end not in said
    assert automation(folder, "rotate", "nats", "executor", "use").exit_code == 0

    for name in ("nats.conf", "monitor-port"):  # as `deploy.local.nats` keeps them
        (tmp_path / "nats" / name).touch()
    said = automation(folder, "rotate", "nats", "executor", "drop").stderr
    assert end in said
    said = automation(folder, "rotate", "nats", "api", "allow").stderr
    assert end in said
    assert "use" in said


def test_a_file_is_changed_where_it_is(folder: Folder) -> None:
    """A container that was given a single file sees what becomes of that very file."""
    file = folder.file("db-api.password")
    with file.open() as opened:
        rotation.rotate_password(folder, "api")

        assert opened.read() == file.read_text()
    folder.put("db-api.password", "short\n")
    assert file.read_text() == "short\n"
