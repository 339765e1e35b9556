"""Plays the five-minute tour of the README against the running gateway: `make tour`.

Every command is printed as a line to paste into a shell, and below it the reply, shortened. What a
person does in a browser is told in words, and done in `person.Browser`. PORT and DATA_DIR are read as
the gateway reads them.
"""

import http.client
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

from person import Browser

ROOT = Path(__file__).parent.parent
EMAIL = "you@localhost"  # the account that the first start makes
WIDTH, ITEMS_SHOWN, TEXT_SHOWN = 96, 2, 240
DAYS = 60  # how far ahead the tour looks for a free time

Reply = Mapping[str, Any]


class Stop(Exception):
    """The tour cannot go on. The message is a sentence for the person at the keyboard."""


@dataclass(frozen=True)
class Token:
    """A bearer token, and the shell variable that holds it in the printed commands."""

    variable: str
    secret: str


@dataclass(frozen=True)
class Gateway:
    """The gateway on this machine."""

    port: int

    @property
    def root(self) -> str:
        return f"http://localhost:{self.port}"

    def get(self, path: str, token: Token | None = None, **query: str) -> Reply:
        """Ask, and print the command and the reply."""
        parts = (
            f" --data-urlencode {shlex.quote(f'{name}={text}')}" for name, text in query.items()
        )
        options = f"-sG{credential(token)}" if query else f"-s{credential(token)}"
        show_command(f"curl {options} {self.root}{path}{''.join(parts)}")
        return self._show("GET", f"{path}?{urlencode(query)}" if query else path, token)

    def post(self, path: str, token: Token | None, body: Mapping[str, Any]) -> Reply:
        """Send a JSON body, and print the command and the reply."""
        text = json.dumps(body, ensure_ascii=False)
        given = f"-H 'Content-Type: application/json' -d {shlex.quote(text)}"
        show_command(f"curl -s{credential(token)} {self.root}{path} {given}")
        return self._show("POST", path, token, text)

    def _show(self, method: str, path: str, token: Token | None, body: str | None = None) -> Reply:
        status, reply = self.send(method, path, token, body)
        print(laid_out(shortened(reply)), flush=True)
        if status == http.client.UNAUTHORIZED:
            raise Stop(
                "The gateway does not know the token that was just made: it keeps its data in another"
                " folder. Start the gateway and the tour with the same DATA_DIR."
            )
        if status >= http.client.BAD_REQUEST:
            raise Stop(f"The gateway refused this step: {reply['detail']}")
        return reply

    def send(
        self, method: str, path: str, token: Token | None = None, body: str | None = None
    ) -> tuple[int, Reply]:
        """The status and the JSON object that come back."""
        headers = {"Authorization": f"Bearer {token.secret}"} if token else {}
        if body:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("localhost", self.port, timeout=30)
        try:
            connection.request(method, path, body and body.encode(), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Stop(f"No gateway answers on {self.root}. Start it with: make run") from error
        finally:
            connection.close()


def credential(token: Token | None) -> str:
    """The option of curl that sends a token, if there is one."""
    return f' -H "Authorization: Bearer ${token.variable}"' if token else ""


def show_command(command: str) -> None:
    print(f"\n$ {command}")


def shortened(value: Any) -> Any:
    """The value with the first items of long lists, and the beginnings of long texts."""
    if isinstance(value, Mapping):
        return {name: shortened(each) for name, each in value.items()}
    if isinstance(value, list):
        rest = len(value) - ITEMS_SHOWN
        shown = [shortened(each) for each in value[:ITEMS_SHOWN]]
        return [*shown, f"… {rest} more"] if rest > 0 else shown
    if isinstance(value, str) and len(value) > TEXT_SHOWN:
        return value[:TEXT_SHOWN] + "…"
    return value


def laid_out(value: Any, margin: str = "") -> str:
    """JSON in which whatever fits is on one line."""
    text = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(margin) + len(text) <= WIDTH:
        return text
    inner = margin + "  "
    if isinstance(value, list):
        parts, marks = [laid_out(each, inner) for each in value], "[]"
    else:
        parts = [f"{json.dumps(name)}: {laid_out(each, inner)}" for name, each in value.items()]
        marks = "{}"
    lines = f",\n{inner}".join(parts)
    return f"{marks[0]}\n{inner}{lines}\n{margin}{marks[1]}"


def token_for(plugin: str, variable: str) -> Token:
    """A new token from the command line of the gateway, as a person would make one."""
    command = ["token", "issue", "--user", EMAIL, "--plugin", plugin]
    show_command(f"{variable}=$({flask_command()} {shlex.join(command)})")
    return Token(variable, printed_by(*command))


def printed_by(*command: str) -> str:
    """The last word that the command line prints; the account of the tour is made where it is not."""
    made = flask(*command)
    if made.returncode and "no account" in made.stderr:
        flask("user", "add", EMAIL)
        made = flask(*command)
    if made.returncode:
        raise Stop(f"flask {shlex.join(command)} did not work. {made.stderr.strip()}")
    return made.stdout.split()[-1]


def signed_in_browser() -> Browser:
    """The person's browser, in which they have used the link that signs them in."""
    command = ["user", "link", EMAIL]
    show_command(f"{flask_command()} {shlex.join(command)}")
    link = printed_by(*command)
    told("The person opens the link that this prints, and presses the button.")
    browser = Browser()
    try:
        browser.press(browser.open(link))
    except HTTPError as error:
        raise Stop(f"Signing in did not work: {error}.") from error
    return browser


def flask(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own command line


def flask_command() -> str:
    """How to call it from the project's folder."""
    script = Path(sys.executable).parent / "flask"
    return str(script.relative_to(ROOT)) if script.is_relative_to(ROOT) else "flask"


def scores(gateway: Gateway) -> None:
    chapter("How do the games stand? The league `demo` is fictional and always plays.")
    gateway.get("/sports/scores", league="demo")
    chapter("What does a stock cost? Symbols that begin with DEMO are fictional, too.")
    gateway.get("/sports/quotes", symbols="DEMO,DEMOTEA")


def over_mcp(gateway: Gateway) -> None:
    chapter("This is how an assistant asks the same: it calls a tool of the plugin's MCP server.")
    call = {"name": "get_quotes", "arguments": {"symbols": ["DEMO"]}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    gateway.post("/sports/mcp", None, request)


def notes(gateway: Gateway) -> None:
    chapter("Notes are private, so a token comes first. Then search for braised pork, in Chinese.")
    token = token_for("knowledge", "NOTES")
    found = gateway.get("/knowledge/search", token, query="红烧肉 炖多久")["results"]
    chapter("Read the best one.")
    gateway.get(f"/knowledge/notes/{found[0]['id']}", token)


def booking(gateway: Gateway) -> None:
    chapter("When is a massage free?")
    token = token_for("booking", "BOOKING")
    start = first_free(gateway, token)
    chapter("Book it. Nothing happens yet: the answer is a question for the user.")
    wanted = {"service": "massage", "start": start, "name": "Ada Lovelace"}
    asked = gateway.post("/booking/bookings", token, wanted)
    chapter("Only the person can approve it, on a page that the assistant cannot open.")
    browser = signed_in_browser()
    booked = approve(gateway, token, browser, asked)
    chapter("It is in the list.")
    gateway.get("/booking/bookings", token, limit="1")
    chapter("The same call once more, as after a lost reply. It books nothing: see duplicate_of.")
    gateway.post("/booking/bookings", token, wanted)
    chapter("Cancel it. The question names what is cancelled, and what that costs.")
    address = f"/booking/bookings/{booked['result']['booking_id']}/cancel"
    approve(gateway, token, browser, gateway.post(address, token, {}))


def first_free(gateway: Gateway, token: Token) -> str:
    """The start of the first free time, after the bookings that earlier tours have left."""
    query = {"service": "massage", "day": ""}
    for day in days_to_try(gateway, token):
        query["day"] = day
        if gateway.send("GET", f"/booking/slots?{urlencode(query)}", token)[1].get("slots"):
            break
    slots = gateway.get("/booking/slots", token, **query)["slots"]
    if not slots:
        raise Stop(f"No massage is free in the next {DAYS} days. Cancel a booking and try again.")
    return str(slots[0]["start"])


def days_to_try(gateway: Gateway, token: Token) -> list[str]:
    """The days from the day after tomorrow on, as cancelling is free then; the fresh ones first."""
    today = date.today()  # noqa: DTZ011 - the day of the person at the keyboard
    days = [(today + timedelta(days=each)).isoformat() for each in range(2, DAYS)]
    bookings = gateway.send("GET", "/booking/bookings?limit=1", token)[1].get("bookings", [])
    latest = max((each["start"][:10] for each in bookings), default="")
    return sorted(days, key=lambda day: (day <= latest, day))


def approve(gateway: Gateway, token: Token, browser: Browser, asked: Reply) -> Reply:
    """Let the person approve what was asked, and let the assistant see what came of it."""
    try:
        page = browser.open(asked["confirm_url"])
        if asked["match_code"] not in page.text:
            raise Stop(f"The page {page.url} does not show the code {asked['match_code']}.")
        told(f"The person opens {page.url}, sees {asked['match_code']} there too, and approves.")
        told(f"The page: {shortened(browser.press(page, decision='approve').text)}")
    except HTTPError as error:
        raise Stop(f"The page did not take the answer: {error}.") from error
    return gateway.get(f"/booking/confirmations/{asked['confirmation_id']}", token)


def told(text: str) -> None:
    print(f"\n  {text}", flush=True)


def chapter(text: str) -> None:
    print(f"\n# {text}")


def main() -> int:
    """Play the tour. 0 when every step answered as it should, else 1 and a sentence."""
    gateway = Gateway(int(os.environ.get("PORT") or 8000))
    try:
        gateway.send("GET", "/healthz")
        for play in (scores, over_mcp, notes, booking):
            play(gateway)
    except Stop as reason:
        print(f"\n{reason}", file=sys.stderr)
        return 1
    print(f"\nThat was the tour. Everything else is at {gateway.root}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
