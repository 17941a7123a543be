"""What an account has chosen for its services, as far as the console goes by it."""

from __future__ import annotations

from typing import NamedTuple

from tui.errors import AccessDenied, ApiError, CredentialsExpired, EngineStopped, TransportError
from tui.services._base import Adapter
from tui.services._paging import enum_of
from tui.services.parameter_models import Tier

DEFAULT_TIER = "/ssm/parameter-store/default-parameter-tier"


class DefaultTier(NamedTuple):
    """The tier of a parameter that is put without one; `untold` says why Standard is only taken to be it, or is ""."""

    tier: Tier = Tier.STANDARD
    untold: str = ""


class ServiceSettings(Adapter):
    """The service settings of one context."""

    @classmethod
    def beside(cls, other: Adapter) -> ServiceSettings:
        """Give those of the context that another adapter speaks to."""
        return cls(other._transport)

    async def default_tier(self) -> DefaultTier:
        """Read the account's default tier; where that is refused or there is none, Standard, which AWS begins with.

        What stands between us and AWS may not know the operation, and answer anything: that is no reason to stop here.
        Raises: CredentialsExpired, EngineStopped.
        """
        try:
            answer = await self._transport.call("GetServiceSetting", {"SettingId": DEFAULT_TIER})
        except (CredentialsExpired, EngineStopped):
            raise
        except AccessDenied as error:
            return DefaultTier(untold=f"{error.action or 'ssm:GetServiceSetting'} is missing: {_TAKEN}")
        except ApiError as error:
            return DefaultTier(untold=f"The account's default tier can't be read ({error.code}): {_TAKEN}")
        except TransportError as error:
            taken = _TAKEN[0].upper() + _TAKEN[1:]
            return DefaultTier(untold=f"The account's default tier can't be read: {error.message} {taken}")
        tier = enum_of(Tier, (answer.get("ServiceSetting") or {}).get("SettingValue"))
        if tier is Tier.UNKNOWN:
            return DefaultTier(untold=f"The account's default tier is one that is not known here: {_TAKEN}")
        return DefaultTier(tier)


_TAKEN = "what is new is taken to be Standard where no tier is said."
