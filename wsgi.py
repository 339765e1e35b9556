"""The WSGI application: `gunicorn wsgi:app`, and what the `flask` command finds by itself."""

import sys

from gateway.app import create_app
from gateway.boot import BootError

try:
    app = create_app()
except BootError as error:
    sys.exit(f"The gateway cannot start. {error}")
