"""What a package is made from."""

from dataclasses import dataclass

from ...declaration import Declaration, ServiceKey, UserKey
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
    def takes_a_key(self) -> bool:
        """Whether whoever installs the package needs something that is not in it and nobody asks for."""
        return (
            isinstance(self.declaration.auth, ServiceKey | UserKey) and not self.declaration.is_open
        )
