"""How the first person gets in: an address that is good once, or a password from a file.

Until there is somebody, the system listens to its own machine alone: nobody shall find a door whose
lock is not built in yet. The address has its secret behind the `#`, which browsers send to nobody.
"""

from __future__ import annotations

from deploy.local.files import write_whole
from deploy.local.home import Home
from deploy.local.ports import is_local
from deploy.local.process import StartFailed
from deploy.local.settings import LocalSettings
from shared.settings import DatabaseAddress


class FirstAdmin:
    """What is prepared before the API starts."""

    def __init__(self, settings: LocalSettings, home: Home, public_url: str) -> None:
        self._settings = settings
        self._home = home
        self._public_url = public_url.rstrip("/")
        self.link: str | None = None
        """Where the first administrator is made; None: there is one."""

    async def prepare(self, database: DatabaseAddress) -> None:
        """Make the administrator or the link, if there is nobody.

        Raises:
            StartFailed: other machines would be listened to, or name or password are none.
        """
        from services.api.access import first_start  # noqa: PLC0415 - loads the API

        settings = self._settings
        try:
            await first_start.ensure_admin(
                database, settings.admin_name, settings.admin_password_file
            )
        except (first_start.BadPassword, OSError) as error:
            raise StartFailed(f"AUTOMATION_ADMIN_PASSWORD_FILE: {error}") from None
        except first_start.BadName as error:
            raise StartFailed(f"AUTOMATION_ADMIN_NAME: {error}") from None
        secret = await first_start.setup_secret(database)
        if secret is None:
            self._home.setup_link.unlink(missing_ok=True)
            return
        self.link = f"{self._public_url}/setup#{secret}"
        write_whole(self._home.setup_link, f"{self.link}\n")
        if not is_local(settings.host) and not settings.setup_from_network:
            raise StartFailed(
                f"nobody can log in yet, so the API does not listen on {settings.host}. Start once "
                "without AUTOMATION_HOST and open the link that is printed; or give "
                "AUTOMATION_ADMIN_PASSWORD_FILE; or say AUTOMATION_SETUP_FROM_NETWORK=1"
            )
