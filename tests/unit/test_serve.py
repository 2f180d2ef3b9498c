"""How a process of ours starts: its name by default, and what it does not import."""

from __future__ import annotations

import gc
import importlib
import sys

import pytest

from deploy.serve import instance_of, light_imports
from shared.settings import ServiceSettings
from tests.support.cases import table


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


def test_what_no_service_uses_is_missing_while_it_is_imported_and_only_then() -> None:
    sys.modules.pop("colorsys", None)
    with light_imports(["colorsys"]):
        with pytest.raises(ImportError):
            importlib.import_module("colorsys")
        assert not gc.isenabled()

    assert importlib.import_module("colorsys")
    assert gc.isenabled()
