"""Where the trace of a run can be looked at: a trace store's page, if the operator names one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

_PLACE = "{trace_id}"


@dataclass(frozen=True, slots=True)
class TraceLinks:
    """Makes the address of a trace."""

    template: str = ""
    """Empty: there is no such place."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `https://tracing.example/trace/{trace_id}`.

        Raises:
            ValueError: it is no such address; a browser must never be led to another scheme.
        """
        text = text.strip()
        if not text:
            return cls()
        if not _fits(text):
            raise ValueError(
                f"AUTOMATION_TRACE_URL={text!r} is no http or https address with {_PLACE} in it,"
                f" once, behind the host"
            )
        return cls(text)

    def link(self, trace_id: str | None) -> str | None:
        """Return the address of a trace; None: there is none."""
        return self.template.replace(_PLACE, trace_id) if self.template and trace_id else None


def _fits(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    # Elsewhere than behind the host, the id would choose it.
    once = text.count(_PLACE) == 1 and _PLACE not in parts.netloc
    plain = text.isprintable() and " " not in text
    return once and plain and parts.scheme in ("http", "https") and bool(parts.hostname)
