"""What nats-server says of itself on `/healthz` when a disk has let it down. Pure.

A server that could not write to a stream stores nothing in it any more until it is started again,
room or not, and says so as long as it lives; a cluster switches the JetStream of that server off.
Everything else for which the route says 503 (a server that catches up, a cluster without a
majority) passes by itself, and is no reason to start anything again.
"""

from __future__ import annotations

import json

#: In its own words; deploy/k8s/nats/storing.sh reads the same.
WRITE_ERROR = "write error"


def write_error(body: bytes) -> str:
    """Return what it could not write, of the body of an answer; nothing: it says nothing of it."""
    try:
        said = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    return said if isinstance(said, str) and WRITE_ERROR in said else ""
