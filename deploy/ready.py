"""Asks the service in this container whether it is ready: exit code 0 if so, else 1.

The health check of the image, which has neither curl nor wget. It runs every few seconds in every
container, so it is a file of its own that loads next to nothing (`python -IS`: 20 ms, and not the
quarter of a second that our command line takes).
"""

import os
import socket
import sys

#: Below the time that the image's HEALTHCHECK gives it.
ANSWERS_WITHIN = 3.0
READY = (b"HTTP/1.0 200", b"HTTP/1.1 200")


def main() -> int:
    """Return the exit code."""
    port = int(os.environ.get("AUTOMATION_HEALTH_PORT") or 8081)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=ANSWERS_WITHIN) as connection:
            connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            answer = b""
            while chunk := connection.recv(4096):
                answer += chunk
    except OSError as error:
        sys.stdout.write(f"nobody answers on port {port}: {error}\n")
        return 1
    # The body names what is not well; `docker inspect` shows it.
    sys.stdout.write(answer.partition(b"\r\n\r\n")[2].decode(errors="replace") + "\n")
    return 0 if answer.startswith(READY) else 1


if __name__ == "__main__":
    sys.exit(main())
