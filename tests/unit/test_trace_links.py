"""Where traces are looked at: only what is safe as a link."""

from __future__ import annotations

import pytest

from services.api.runs.trace_links import TraceLinks
from tests.support.cases import table

TRACE = "0af7651916cd43dd8448eb211c80319c"


@table(
    ("template", "link"),
    [
        ("https://t.example/trace/{trace_id}", f"https://t.example/trace/{TRACE}"),
        (
            "http://10.0.0.1:3000/explore?q={trace_id}&x=1",
            f"http://10.0.0.1:3000/explore?q={TRACE}&x=1",
        ),
        ("https://t.example/#/{trace_id}", f"https://t.example/#/{TRACE}"),
        ("", None),
    ],
)
def test_the_id_stands_where_it_is_wanted(template: str, link: str | None) -> None:
    assert TraceLinks.parse(template).link(TRACE) == link


def test_a_run_without_a_trace_has_no_link() -> None:
    assert TraceLinks.parse("https://t.example/{trace_id}").link(None) is None


@table(
    "template",
    [
        "javascript:alert(1)//{trace_id}",
        "data:text/html,{trace_id}",
        "//t.example/{trace_id}",
        "/trace/{trace_id}",
        "https:///{trace_id}",
        "https://{trace_id}.example/",
        "https://t.example/",
        "https://t.example/{trace_id}/{trace_id}",
        "https://t.example/a b/{trace_id}",
        "https://[/{trace_id}",
    ],
)
def test_what_is_no_such_address_is_refused(template: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever says so
        TraceLinks.parse(template)
