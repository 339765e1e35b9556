"""The gateway in whose workers the power fails: once, wherever the file that `CRASH` names says.

The product knows nothing of this. What it calls at each point is wrapped from outside.
"""

import os
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gateway.pipeline
from gateway.app import create_app
from gateway.confirmations.approvals import Approvals
from gateway.confirmations.changes import Change
from gateway.confirmations.elsewhere import Elsewhere
from gateway.confirmations.run import Frozen

ARMED = Path(os.environ["CRASH"])


def crash(point: str) -> None:
    """End this process as `kill -9` does, if it is to crash here. Whoever takes the file does."""
    try:
        if ARMED.read_text() == point:
            ARMED.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
    except FileNotFoundError:
        pass


def wrap(owner: Any, name: str, before: str = "", after: str = "") -> None:
    function: Callable[..., Any] = getattr(owner, name)

    def wrapped(*words: Any, **named: Any) -> Any:
        crash(before)
        result = function(*words, **named)
        crash(after)
        return result

    setattr(owner, name, wrapped)


# The numbers are those of the crash matrix. What is done in a transaction is not committed yet.
wrap(Change, "add", after="1 while it is recorded")
wrap(gateway.pipeline, "record_proposal", after="2 recorded, reply lost")
wrap(Change, "move", after="3 while it is approved")
wrap(Approvals, "approve", after="4 approved, reply lost")
wrap(Elsewhere, "bring_about", before="5 approved, not begun", after="9 settled, reply lost")
wrap(Frozen, "run", before="6 claimed, provider not asked", after="8 provider replied, not settled")
wrap(urllib.request, "urlopen", after="7 provider did it, reply lost")

app = create_app()
