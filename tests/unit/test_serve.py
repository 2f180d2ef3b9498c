"""What a process is called when nobody says so."""

from __future__ import annotations

from deploy.serve import instance_of
from shared.settings import ServiceSettings
from tests.support.table import table


@table(
    ("host", "name"),
    [
        ("3f2a9c01b7de", "3f2a9c01b7de"),
        ("Web_01.example.com", "web-01"),
        ("-odd-", "odd"),
        ("主機", "unnamed"),
        ("", "unnamed"),
        ("x" * 80, "x" * 63),
    ],
)
def test_a_process_is_called_by_its_host(host: str, name: str) -> None:
    assert instance_of(host) == name
    settings = ServiceSettings(database_url="-", nats_url="-", instance=name)
    assert settings.instance == name
