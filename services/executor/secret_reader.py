"""Opens the secrets that actions name."""

from __future__ import annotations

from services.executor.store.secrets import SecretStore
from shared.contracts.action import ActionFailed
from shared.runtime.secret_box import NotOurs, SecretBox


class SecretReader:
    """Opens secrets with the key of this installation."""

    def __init__(self, store: SecretStore, box: SecretBox | None) -> None:
        self._store = store
        self._box = box

    async def read(self, name: str) -> str:
        """Return the value of a secret.

        Raises:
            ActionFailed: there is none, or no key opens it.
        """
        found = await self._store.sealed(name)
        if found is None:
            raise ActionFailed(f"there is no secret {name}", permanent=True)
        if self._box is None:
            raise ActionFailed("this executor has no key: set AUTOMATION_SECRET_KEY")
        sealed, _ = found
        try:
            return self._box.open(sealed, owner=f"secret:{name}").decode()
        except NotOurs:
            raise ActionFailed(
                f"the secret {name} was sealed with another key: this executor needs the new one"
            ) from None
