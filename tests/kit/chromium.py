"""Headless Chromium, for tests to use as a person does: W3C WebDriver, spoken in plain HTTP.

The commands are those of https://www.w3.org/TR/webdriver2/, the options those of
https://developer.chrome.com/docs/chromedriver/capabilities.
"""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# The key of a reference to an element (section 12.1).
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# Seconds that a page, or an element on it, may take to be there.
PATIENCE = 10
# A window cannot be narrower; a phone can.
NARROWEST_WINDOW = 500
ARGUMENTS = [
    "--headless",
    "--no-sandbox",  # it does not work for root; the pages are our own
    "--disable-dev-shm-usage",  # containers have little of it
    "--disable-breakpad",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1",
]
JAVASCRIPT, ALLOW, BLOCK = "profile.managed_default_content_settings.javascript", 1, 2
PREFERENCES = {"credentials_enable_service": False, "profile.password_manager_enabled": False}


class ChromiumError(Exception):
    """What the driver says when a command cannot be done."""


@dataclass(frozen=True)
class Chromium:
    """A browser with one window and a profile of its own. Elements are named by CSS selectors."""

    driver: HTTPConnection
    session: str
    profile: Path

    def open(self, address: str) -> None:
        """Go there, and wait until the page is there."""
        self.command("POST", "url", url=address)

    @property
    def address(self) -> str:
        return self.command("GET", "url")

    @property
    def title(self) -> str:
        return self.command("GET", "title")

    def text(self, selector: str = "body") -> str:
        """What a person reads in an element."""
        return self.of(selector, "text")

    def texts(self, selector: str) -> list[str]:
        """What a person reads in every element, if there are any now."""
        found = self.command("POST", "elements", using="css selector", value=selector)
        return [self.command("GET", f"element/{each[ELEMENT]}/text") for each in found]

    def fill(self, **fields: str) -> None:
        """Type texts into fields, by the fields' names."""
        for name, text in fields.items():
            field = f"element/{self.find(f'[name={name}]')}"
            self.command("POST", f"{field}/clear")
            self.command("POST", f"{field}/value", text=text)

    def click(self, selector: str) -> None:
        """Press what does not lead away from the page."""
        self.command("POST", f"element/{self.find(selector)}/click")

    def press(self, selector: str) -> None:
        """Press a button or a link, and wait until another page has come of it."""
        pressed = f"element/{self.find(selector)}"
        self.command("POST", f"{pressed}/click")
        self.wait_until(lambda: self.is_gone(pressed))

    def is_gone(self, element: str) -> bool:
        """Whether the page that had this element has been left, or is being left."""
        try:
            self.command("GET", f"{element}/enabled")
        except ChromiumError:  # stale, or what Chromium itself says in the middle of the change
            return True
        return False

    def size(self, selector: str) -> tuple[float, float]:
        """Width and height of an element in CSS pixels."""
        rectangle = self.of(selector, "rect")
        return rectangle["width"], rectangle["height"]

    def style(self, selector: str, name: str) -> str:
        """The computed value of a property of CSS."""
        return self.of(selector, f"css/{name}")

    def of(self, selector: str, what: str) -> Any:
        """A property of an element: `text`, `rect`, `css/<name>`, `attribute/<name>`."""
        return self.command("GET", f"element/{self.find(selector)}/{what}")

    def run(self, script: str, *arguments: Any) -> Any:
        """What a function with this body returns in the page."""
        return self.command("POST", "execute/sync", script=script, args=arguments)

    @property
    def cookies(self) -> dict[str, dict[str, Any]]:
        """The cookies that go to this page, by name."""
        return {each["name"]: each for each in self.command("GET", "cookie")}

    def forget(self) -> None:
        """Drop every cookie, and leave the page: what came before is over for this person."""
        self.open("about:blank")
        self.command("POST", "goog/cdp/execute", cmd="Network.clearBrowserCookies", params={})

    def enter_frame(self, selector: str) -> None:
        """From now on, "the page" is the one inside a frame."""
        self.command("POST", "frame", id={ELEMENT: self.find(selector)})

    def enter_popup(self) -> str:
        """From now on, "the page" is the one in the other window; the name of the window so far."""
        earlier = self.command("GET", "window")
        self.wait_until(lambda: len(self.command("GET", "window/handles")) == 2)
        [other] = set(self.command("GET", "window/handles")) - {earlier}
        self.command("POST", "window", handle=other)
        return earlier

    def leave_popup(self, name: str) -> None:
        """Close this window, and go back to the one with that name."""
        self.command("DELETE", "window")
        self.command("POST", "window", handle=name)

    def screenshot(self, path: Path) -> None:
        """Save what is seen as a PNG."""
        path.write_bytes(base64.b64decode(self.command("GET", "screenshot")))

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait for what comes by itself."""
        until = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > until:
                raise ChromiumError(f"It did not come about.{self.whereabouts}")
            time.sleep(0.02)

    def find(self, selector: str) -> str:
        """The reference to the first such element, once there is one."""
        try:
            return self.command("POST", "element", using="css selector", value=selector)[ELEMENT]
        except ChromiumError as error:
            raise ChromiumError(f"{error}{self.whereabouts}") from None

    @property
    def whereabouts(self) -> str:
        """The address and the source of the page, for messages."""
        return f"\n{self.address}\n{self.command('GET', 'source')}"

    def command(self, method: str, path: str, **parameters: Any) -> Any:
        """The value of a command's answer."""
        return ask(self.driver, method, f"/session/{self.session}/{path}", parameters)


def is_installed() -> bool:
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


@contextmanager
def browsing(
    *,
    language: str = "en",
    width: int = 1280,
    height: int = 900,
    scripts: bool = True,
    dark: bool = False,
) -> Iterator[Chromium]:
    """A new browser, with nothing left from earlier ones; it reaches this machine only.

    `language` is a list like "zh-CN,zh". Narrow widths make it a phone. `scripts=False` switches
    JavaScript off in pages, while `run` still works.
    """
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as home:
        profile = Path(home) / "profile"
        options: dict[str, Any] = {
            "binary": shutil.which("chromium"),
            "args": [*ARGUMENTS, f"--user-data-dir={profile}", f"--window-size={width},{height}"],
            "prefs": {**PREFERENCES, "intl.accept_languages": language},
        }
        options["args"].append(f"--blink-settings=preferredColorScheme={0 if dark else 1}")
        options["prefs"][JAVASCRIPT] = ALLOW if scripts else BLOCK
        if width < NARROWEST_WINDOW:
            # Taps, unlike clicks, would wait for a script of the driver's in the page.
            metrics = {"width": width, "height": height, "pixelRatio": 2, "touch": False}
            options["mobileEmulation"] = {"deviceMetrics": metrics}
        with driving(Path(home)) as driver, session_of(driver, options) as session:
            yield Chromium(driver, session, profile)


@contextmanager
def session_of(driver: HTTPConnection, options: dict[str, Any]) -> Iterator[str]:
    """Start a browser and let it leave again; where it cannot, end it."""
    wanted = {"goog:chromeOptions": options, "timeouts": {"implicit": PATIENCE * 1000}}
    made = ask(driver, "POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
    try:
        yield made["sessionId"]
    finally:
        try:
            ask(driver, "DELETE", f"/session/{made['sessionId']}", {})
        except (OSError, HTTPException, ChromiumError):
            with suppress(ProcessLookupError):
                os.kill(made["capabilities"]["goog:processID"], signal.SIGKILL)


@contextmanager
def driving(folder: Path) -> Iterator[HTTPConnection]:
    """Run ChromeDriver on a port that it chooses, with `folder` for its home."""
    process, port = start_driver(folder)
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=3 * PATIENCE)) as driver:
            yield driver
    finally:
        process.kill()
        process.communicate()


def start_driver(folder: Path, tries: int = 5) -> tuple[subprocess.Popen[str], int]:
    """A driver that listens, and its port. One in a hundred gives up: its port is free for IPv6 only."""
    process = subprocess.Popen(
        ["chromedriver", "--port=0"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    told = ""
    while line := process.stdout.readline():
        if started := re.search(r"started .* on port (\d+)", line):
            return process, int(started[1])
        told += line
    process.communicate()
    if tries == 1:
        raise ChromiumError(f"ChromeDriver does not start: {told}")
    return start_driver(folder, tries - 1)


def ask(driver: HTTPConnection, method: str, path: str, parameters: dict[str, Any]) -> Any:
    """One command on the wire (section 6.3)."""
    body = json.dumps(parameters) if method == "POST" else None
    driver.request(method, path, body, {"Content-Type": "application/json"})
    response = driver.getresponse()
    value = json.loads(response.read())["value"]
    if response.status != 200:
        raise ChromiumError(f"{value['error']}: {value['message']}")
    return value
