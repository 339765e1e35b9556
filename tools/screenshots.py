"""Takes the pictures of docs/images: `.venv/bin/python -m tools.screenshots`.

It starts a gateway of its own, links an assistant, asks for a booking as that assistant does, and
opens the page as the person does. It needs Chromium, its driver, ImageMagick, and what `make dev`
installs. With the name of a folder, the pictures go there.
"""

import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.kit.chromium import Chromium, browsing
from tests.kit.oauth_client import OAuthClient
from tests.kit.server import ROOT, running
from tests.kit.user_browser import PASSWORD, Browser
from tests.kit.wire import Wire, get, post_json

EMAIL = "ada@example.com"
IMAGES = ROOT / "docs" / "images"
PICTURES = {
    "confirm-en": {"language": "en", "width": 820, "height": 1800},
    "confirm-zh": {"language": "zh-CN,zh", "width": 820, "height": 1800},
    "confirm-phone-en": {"language": "en", "width": 360, "height": 640},
}


@contextmanager
def gateway() -> Iterator[Wire]:
    """A gateway that forgets everything when it ends."""
    with TemporaryDirectory() as folder, running(Path(folder), PLUGINS="booking") as server:
        yield Wire(server.port)


def linked(wire: Wire) -> tuple[OAuthClient, str]:
    """An assistant, and its token for the account of `EMAIL`."""
    person = Browser(wire)
    person.sign_up(EMAIL)
    client = OAuthClient.registered(wire, "booking", client_name="Pocket Assistant")
    asked = client.ask()
    code = asked.code(person.allow(asked.url))
    return client, client.tokens(client.exchange(asked, code)).access


def asked_for(client: OAuthClient, token: str) -> str:
    """The address of the page on which a booking is approved."""
    bearer = f"Bearer {token}"
    for days in count(1):
        day = date.today() + timedelta(days=days)  # noqa: DTZ011 - any day with a free time will do
        free = get(f"{client.base}/slots?service=physio&day={day}", authorization=bearer)
        slots = client.wire.send(free).json["slots"]
        if slots:
            break
    wanted = {"service": "physio", "start": slots[0]["start"], "name": "Ada Lovelace"}
    asking = post_json(f"{client.base}/bookings", wanted, authorization=bearer)
    return client.wire.send(asking).json["confirm_url"]


def take(wire: Wire, address: str, folder: Path) -> None:
    """Take every picture of one page."""
    for name, told in PICTURES.items():
        with browsing(**told) as browser:
            browser.open(f"{wire.root}/login")
            browser.fill(email=EMAIL, password=PASSWORD)
            browser.press("form[action='/login'] button")
            browser.open(address)
            save(browser, folder / f"{name}.png")


def save(browser: Chromium, path: Path) -> None:
    """Save the page down to the end of its card, in as few colours as it needs."""
    card = browser.of(".confirmation", "rect")
    size = {"width": browser.run("return innerWidth"), "height": card["y"] + card["height"] + 20}
    clip = {"x": 0, "y": 0, "scale": 1, **size}
    parameters = {"clip": clip, "captureBeyondViewport": True}
    taken = browser.command(
        "POST", "goog/cdp/execute", cmd="Page.captureScreenshot", params=parameters
    )
    path.write_bytes(base64.b64decode(taken["data"]))
    fewer = ["convert", path, "+dither", "-colors", "32", f"png8:{path}"]
    subprocess.run(fewer, check=True)  # noqa: S603 - on a picture of our own


if __name__ == "__main__":
    to = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    to.mkdir(parents=True, exist_ok=True)
    with gateway() as running_gateway:
        take(running_gateway, asked_for(*linked(running_gateway)), to)
