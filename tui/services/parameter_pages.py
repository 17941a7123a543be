"""All parameters below a path of AWS, in pages that go on where an earlier reading of them broke off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tui.errors import ApiError
from tui.ports import Ref
from tui.services._base import Adapter
from tui.services.parameter_models import ParameterValue
from tui.services.parameter_names import listed_at

MOST = 10
"""Parameters that GetParametersByPath gives at once."""
WORN_OUT = "InvalidNextToken"


@dataclass(slots=True)
class Bookmark:
    """Where a list goes on: the token of its next page, "" for the first one, and what the pages before it had."""

    token: str = ""
    seen: set[Ref] = field(default_factory=set)

    def clear(self) -> None:
        self.token, self.seen = "", set()


class ParameterPages(Adapter):
    """The pages of one list; `token` is that of the page behind the one that was given last."""

    token = ""

    @classmethod
    def beside(cls, other: Adapter) -> ParameterPages:
        """Give those of the context that another adapter speaks to."""
        return cls(other._transport)

    async def below(self, path: str, mark: Bookmark) -> AsyncIterator[list[ParameterValue]]:
        """Give what is below a path, from a bookmark on; one whose token holds no more is cleared, and begun anew."""
        self.token = mark.token
        begun = False
        while True:
            request = {"Path": listed_at(path), "Recursive": True, "WithDecryption": False, "MaxResults": MOST}
            if self.token:
                request["NextToken"] = self.token
            try:
                answer = await self._transport.call("GetParametersByPath", request)
            except ApiError as error:
                if error.code != WORN_OUT or begun or not mark.token:
                    raise
                mark.clear()
                self.token = ""
                continue
            begun = True
            before, self.token = self.token, str(answer.get("NextToken") or "")
            items = answer.get("Parameters") or []
            if items:
                yield [ParameterValue.from_api(shape, self.context) for shape in items]
            if not self.token or self.token == before:
                return
