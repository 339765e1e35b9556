"""The plugin gateway: each folder under `plugins/` is a plugin for AI assistants.

This module is the whole of what a plugin imports. A plugin declares once; the gateway makes every
document an assistant reads and every transport it calls through.

To read the gateway, begin with `declaration.py` (what a plugin says), `plugin.py` (how it says it) and
`pipeline.py` (the one path of every call); then `documents/` (what assistants read),
`transports/rest.py` and `transports/mcp/` (how they call), `confirmations/` (how an action is asked
about and run), `auth/` (who is calling), `authorization/` (how an assistant gets tokens), `console/`
(the pages for people), and `app.py`, which puts everything together. The map is
`tests/test_architecture.py`.
"""

from .context import caller as caller
from .context import ledger as ledger
from .declaration import OAuth as OAuth
from .declaration import Public as Public
from .declaration import ServiceKey as ServiceKey
from .declaration import UserKey as UserKey
from .image import Image as Image
from .plugin import Plugin as Plugin
from .upstream import Upstream as Upstream
