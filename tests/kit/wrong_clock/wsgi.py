"""The gateway on a machine whose clock is wrong by CLOCK_WRONG_BY seconds, and goes on from there."""

import os
from datetime import UTC, datetime, timedelta

import time_machine

wrong_by = timedelta(seconds=float(os.environ["CLOCK_WRONG_BY"]))
time_machine.travel(datetime.now(UTC) + wrong_by, tick=True).start()

from gateway.app import create_app  # noqa: E402 - nothing may see the right time

app = create_app()
