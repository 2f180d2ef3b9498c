"""What the API is told by its environment, beside what every service is told."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

import services
from services.api.access.cookies import Origin
from services.api.access.oidc.config import OidcConfig
from services.api.access.outsiders import RoleMap
from services.api.access.rates import Budget, Rates
from services.api.access.trusted_header import TrustedHeader
from services.api.runs.trace_links import TraceLinks
from shared.egress.guard import AllowList
from shared.settings import ServiceSettings

#: Where the provider sends browsers back to; it has to be told so once.
OIDC_CALLBACK = "/api/v1/group-ai/oidc/callback"


class ApiSettings(ServiceSettings):
    """Settings of the API."""

    host: str = "127.0.0.1"
    """Where HTTP is served. Other machines reach it only if this says so."""
    port: int = Field(default=8080, ge=0, le=65535)
    page: Path = Path(services.__file__).parent / "web" / "dist"
    """The folder that the page was built into. Without it the API works, and browsers are told."""
    max_in_flight: int = Field(default=200, ge=1)
    """Requests answered at the same time; more are told to come back (503)."""
    database_connections: int = Field(default=10, ge=3)
    audit_days: int = Field(default=400, ge=30, le=36_500)
    """How long the list of who changed what is kept."""
    rate_reads: int = Field(default=30_000, ge=0)
    """Requests a minute that only read, of one token or user and of one replica; 0: no limit."""
    rate_writes: int = Field(default=12_000, ge=0)
    """As `rate_reads`, of requests that change something."""
    rate_strangers: int = Field(default=120, ge=0)
    """Requests a minute of one network (an IPv4 address, an IPv6 /64) that show no good token or
    cookie; more are not even looked at. 0: no limit."""
    rate_burst_seconds: int = Field(default=30, ge=1, le=3_600)
    """How much may come at once: what is allowed in so many seconds."""
    public_url: str = ""
    """Where people find the page. With https, cookies of sessions are sent over TLS alone."""
    oidc_issuer: str = ""
    """An OpenID provider at which people can log in, as its metadata spells it; empty: none."""
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = None
    """The client's secret; without it the client is a public one, with PKCE alone."""
    oidc_name: str = Field(default="OpenID Connect", min_length=1, max_length=60)
    """What the button on the page says."""
    oidc_scopes: str = "openid profile email"
    oidc_role_claim: str = "groups"
    """The claim that holds somebody's groups; a path such as `realm_access.roles` will do."""
    oidc_roles: str = ""
    """GROUP=ROLE, with commas between them; judged anew at each log-in, the highest counts."""
    oidc_default_role: str = ""
    """Of who is in none of these groups; empty: they are not let in."""
    oidc_allowed_domains: str = ""
    """Domains of verified e-mail addresses, with commas; empty: any."""
    oidc_allowed_groups: str = ""
    """Groups of which one is needed, with commas; empty: none."""
    oidc_egress_allow: str = ""
    """As AUTOMATION_EGRESS_ALLOW, for a provider whose address is private."""
    trusted_header: str = ""
    """The header in which a reverse proxy says who somebody is; empty: none is believed."""
    trusted_proxies: str = ""
    """The networks of these proxies, with commas. The header of anybody else is refused."""
    trusted_groups_header: str = ""
    trusted_roles: str = ""
    trusted_default_role: str = ""
    """As AUTOMATION_OIDC_ROLES and _DEFAULT_ROLE, for the groups in that header."""
    trace_url: str = ""
    """Where the trace of a run is looked at: an address with {trace_id} in it; empty: nowhere."""
    admin_password_file: Path | None = None
    """If there are no users: make an administrator with the password in this file."""
    admin_name: str = Field(default="admin", min_length=1, max_length=64)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Read at start what is made of several variables, so that nothing wrong is found later."""
        _ = self.oidc, self.trusted, self.traces
        return self

    @property
    def rates(self) -> Rates:
        """The budgets of requests."""
        reads, writes, strangers = (
            Budget(each, max(1, each * self.rate_burst_seconds // 60))
            for each in (self.rate_reads, self.rate_writes, self.rate_strangers)
        )
        return Rates(reads, writes, strangers)

    @property
    def oidc(self) -> OidcConfig | None:
        """The provider; None: there is none.

        Raises:
            ValueError: what is set does not fit together; the message names the variable.
        """
        if not self.oidc_issuer and not self.oidc_client_id:
            return None
        return OidcConfig(
            issuer=self.oidc_issuer,
            client_id=self.oidc_client_id,
            redirect_uri=self.origin.link(OIDC_CALLBACK),
            after_log_out=self.origin.link("/login"),
            name=self.oidc_name,
            secret_file=self.oidc_client_secret_file,
            scopes=self.oidc_scopes,
            role_claim=self.oidc_role_claim,
            role_map=RoleMap.parse(self.oidc_roles, self.oidc_default_role),
            role_if_new=self.oidc_default_role,
            domains=_set(self.oidc_allowed_domains.lower()),
            groups=_set(self.oidc_allowed_groups),
            allow=AllowList.parse(self.oidc_egress_allow),
        )

    @property
    def trusted(self) -> TrustedHeader | None:
        """The header of a proxy; None: none is believed.

        Raises:
            ValueError: what is set does not fit together; the message names the variable.
        """
        return TrustedHeader.parse(
            self.trusted_header,
            self.trusted_proxies,
            groups_header=self.trusted_groups_header,
            roles=self.trusted_roles,
            default_role=self.trusted_default_role,
        )

    @property
    def traces(self) -> TraceLinks:
        """Where the trace of a run is looked at.

        Raises:
            ValueError: what is set is no such address; the message names the variable.
        """
        return TraceLinks.parse(self.trace_url)

    @property
    def origin(self) -> Origin:
        """Where people find the page."""
        return Origin(self.public_url)


def _set(text: str) -> frozenset[str]:
    return frozenset(filter(None, (each.strip() for each in text.split(","))))
