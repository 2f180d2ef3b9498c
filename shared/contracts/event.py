"""What anybody says on `event.<source>.<type...>`: a CloudEvent in structured mode.

For the AsyncAPI document only. What is read is looser (binary mode, plain JSON) and lies in
`shared.domain.event`: a reader of events from strangers can demand very little.
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, JsonValue

from shared.contracts.message import Part


class CloudEvent(Part):
    """CloudEvents 1.0, JSON format."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    """With `source` it tells the event from all others for a day."""
    source: str
    type: str
    time: AwareDatetime | None = None
    subject: str | None = None
    automationcauses: str | None = None
    """The tasks whose runs led to it, oldest first, with commas: the guard against loops."""
    data: JsonValue = None
    """Its fields are the names in the conditions of triggers."""
