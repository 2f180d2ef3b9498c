"""How a web server knows that we may call it. No secret is in a task: it is named.

A definition is stored, shown and exported. So a token, a password or the key of a signature is the
name of a secret, whose value is read as late as the call; a signature's may also be a variable of
the executor's own environment, whose prefix keeps tasks away from its other variables.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.form import Label
from services.executor.actions.http.headers import HEADER_VALUE_MAX, is_value, judge_headers
from shared.contracts.action import ActionFailed, ActionParams, Context, SecretName
from shared.domain.texts.catalog import Text

KEY_VARIABLE = r"^AUTOMATION_SECRET_[A-Z0-9_]{1,100}$"
#: Those of the secret box begin the same way, and open every secret.
NO_KEY = "AUTOMATION_SECRET_KEY"
SIGNATURE_HEADER = "X-Automation-Signature"


class Hmac(ActionParams):
    """How the receiver can tell that a request is ours and fresh.

    The signature is the HMAC of `<timestamp>.<run id>.<body>`, sent as `sha256=<hex>`; the
    timestamp (Unix seconds) is in `X-Automation-Timestamp`, the run id in `Idempotency-Key`.
    """

    secret: Annotated[
        SecretName | None,
        Label(
            Text("金鑰", "Key"),
            Text("金鑰的機密名稱；不可與 secret_env 並用", "Secret with the key; or secret_env"),
        ),
    ] = None
    secret_env: Annotated[
        str | None,
        Label(
            Text("金鑰的環境變數", "Secret's variable"),
            Text(
                "執行器環境變數的名稱，以 AUTOMATION_SECRET_ 開頭；金鑰本身不會存入任務",
                "Environment variable of the executor that holds the key; begins with "
                "AUTOMATION_SECRET_. The key itself is never part of a task",
            ),
        ),
    ] = Field(default=None, pattern=KEY_VARIABLE)
    header: Annotated[
        str,
        Label(
            Text("簽章標頭", "Signature header"),
            Text("放置簽章的標頭名稱", "Name of the header that carries the signature"),
        ),
    ] = SIGNATURE_HEADER
    algorithm: Annotated[
        Literal["sha256"],
        Label(Text("演算法", "Algorithm"), Text("雜湊演算法", "Hash algorithm")),
    ] = "sha256"

    @field_validator("header")
    @classmethod
    def _judge_header(cls, name: str) -> str:
        if name != SIGNATURE_HEADER:
            judge_headers({name: ""})
        return name

    @model_validator(mode="after")
    def _judge_key(self) -> Self:
        if (self.secret is None) == (self.secret_env is None):
            raise PydanticCustomError("hmac.key", "give either secret or secret_env")
        return self

    @field_validator("secret_env")
    @classmethod
    def _judge_variable(cls, name: str | None) -> str | None:
        if name == NO_KEY:
            raise PydanticCustomError("hmac.own", "{name} is this system's own", {"name": name})
        return name

    async def key(self, context: Context) -> str:
        """Read the key.

        Raises:
            ActionFailed: there is none.
        """
        if self.secret is not None:
            return await context.secret(self.secret)
        if key := os.environ.get(self.secret_env or ""):
            return key
        raise ActionFailed(f"the executor has no variable {self.secret_env}", permanent=True)

    def headers(self, key: str, *, at: float, run_id: str, content: bytes) -> dict[str, str]:
        """Return the signature of one request, and when it was made."""
        timestamp = str(int(at))
        signed = b".".join([timestamp.encode(), run_id.encode(), content])
        digest = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
        return {self.header: f"{self.algorithm}={digest}", "X-Automation-Timestamp": timestamp}


class Auth(ActionParams):
    """Who we say that we are."""

    type: Annotated[
        Literal["bearer", "basic", "header"],
        Label(
            Text("方式", "Kind"),
            Text(
                "bearer：權杖；basic：帳號與密碼；header：自訂標頭",
                "bearer: a token; basic: user name and password; header: a header of its own",
            ),
            choices={
                "bearer": Text("Bearer 權杖", "bearer token"),
                "basic": Text("帳號與密碼（basic）", "user name and password (basic)"),
                "header": Text("自訂標頭", "a header of its own"),
            },
        ),
    ]
    secret: Annotated[
        SecretName,
        Label(
            Text("機密名稱", "Secret"),
            Text("權杖、密碼或標頭值的機密名稱", "Names the token, password or value"),
        ),
    ]
    username: Annotated[
        str | None,
        Label(Text("帳號", "User name"), Text("僅用於 basic", "For basic only")),
    ] = Field(default=None, min_length=1, max_length=256, validate_default=True)
    header: Annotated[
        str | None,
        Label(Text("標頭", "Header"), Text("僅用於 header", "For header only")),
    ] = Field(default=None, validate_default=True)

    @field_validator("username")
    @classmethod
    def _judge_username(cls, name: str | None, info: ValidationInfo) -> str | None:
        if (info.data.get("type") == "basic") is (name is None):
            raise PydanticCustomError("auth.basic", "basic, and only basic, needs a user name")
        if name is not None and (":" in name or not name.isprintable()):
            raise PydanticCustomError("auth.username", "a user name has no colon")
        return name

    @field_validator("header")
    @classmethod
    def _judge_header(cls, name: str | None, info: ValidationInfo) -> str | None:
        if (info.data.get("type") == "header") is (name is None):
            raise PydanticCustomError("auth.header", "header, and only header, needs its name")
        if name is not None:
            judge_headers({name: ""})
        return name

    @property
    def header_name(self) -> str:
        """The header that it is sent in."""
        return self.header or "Authorization"

    def header_value(self, secret: str) -> str:
        """Return what is sent.

        Raises:
            ActionFailed: no header can hold it.
        """
        match self.type:
            case "bearer":
                value = f"Bearer {secret}"
            case "basic":
                value = "Basic " + base64.b64encode(f"{self.username}:{secret}".encode()).decode()
            case "header":
                value = secret
        if not is_value(value) or len(value) > HEADER_VALUE_MAX:
            raise ActionFailed(f"the secret {self.secret} fits into no header", permanent=True)
        return value
