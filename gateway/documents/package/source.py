"""What a package is made from."""

from dataclasses import dataclass

from ...declaration import Declaration, Kind, Operation
from ..openapi import VERSION
from ..publisher import Publisher

SKILL_NAME = 64  # characters of a plugin's name, a colon and the name of its skill
OTHER = "Other"  # the category of what has none


@dataclass(frozen=True)
class Source:
    """What one package is made from.

    `declaration` is with the operations that the gateway adds. `base` is the plugin's absolute
    address, without a slash at the end. `logo` and `licence` are the contents of files; None in
    `licence` where the author gives none.
    """

    declaration: Declaration
    base: str
    publisher: Publisher
    logo: bytes
    licence: bytes | None = None
    version: str = VERSION

    @property
    def name(self) -> str:
        return self.declaration.name

    @property
    def mcp_url(self) -> str:
        """The one address in the package that assistants call."""
        return f"{self.base}/mcp"

    @property
    def skill(self) -> str:
        """The name of the skill: the plugin's own, as far as there is room for it twice."""
        return self.name[: SKILL_NAME - len(f"{self.name}:")]

    @property
    def category(self) -> str:
        return self.declaration.category or OTHER

    @property
    def own_operations(self) -> tuple[Operation, ...]:
        """What the author declares, without what the gateway adds about confirmations."""
        return tuple(
            each
            for each in self.declaration.operations
            if each.envelope is None or each.kind is Kind.ACTION
        )
