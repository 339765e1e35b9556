"""A person at a browser without JavaScript: follows links and redirects, fills in forms, keeps cookies.

browser = Browser(Wire(server.port))
browser.sign_up("ada@example.com", PASSWORD)
landed = browser.allow(asked.url)      # where the consent page sent the browser
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from tests.kit.server import Reply
from tests.kit.wire import Request, Wire, post_form

PASSWORD = "correct horse battery staple 7"
REDIRECTS = 10


@dataclass
class Form:
    """A form of a page: where it is sent, and what its fields hold before anybody types."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.found, self.inside = url, [], False

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            action = urljoin(self.url, given.get("action") or self.url)
            self.found.append(Form(given.get("method", "get").upper(), action))
            self.inside = True
        elif self.inside and tag == "button" and given.get("type", "submit") == "submit":
            self.found[-1].buttons.append((given.get("name", ""), given.get("value", "")))
        elif self.inside and tag == "input" and given.get("name"):
            self.found[-1].fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False


@dataclass(frozen=True)
class Page:
    """What the browser shows at `url`, after `steps`: every reply on the way, this one last.

    Where the gateway sends the browser to somebody else, `url` is that address, and the reply is
    the one that sent it there.
    """

    url: str
    reply: Reply
    steps: tuple[Reply, ...]

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def text(self) -> str:
        return self.reply.body.decode()

    @property
    def forms(self) -> list[Form]:
        parser = _Forms(self.url)
        parser.feed(self.text)
        return parser.found

    def form(self, path: str) -> Form:
        """The form that is sent to this path."""
        found = [each for each in self.forms if urlsplit(each.action).path == path]
        assert found, f"no form to {path} on {self.url} ({self.status}):\n{self.text}"
        return found[0]


class Browser:
    """One browser: its cookies, the page it shows, and the address it comes from."""

    def __init__(self, wire: Wire, language: str = "en") -> None:
        self.wire, self.language = wire, language
        self.cookies: dict[str, dict[str, str]] = {}
        self.page: Page | None = None
        self.email = ""

    @property
    def session(self) -> str | None:
        """The secret of the session in which it is signed in, or seems to be."""
        return self.cookies.get("localhost", {}).get("session")

    def tab(self) -> "Browser":
        """Another tab, with the cookies of the moment, for a thread of its own."""
        tab = Browser(self.wire, self.language)
        tab.cookies = {host: dict(jar) for host, jar in self.cookies.items()}
        return tab

    def with_cookies(self, request: Request) -> Request:
        """The request as this browser sends it."""
        host = urlsplit(request.url).hostname or ""
        kept = "; ".join(f"{name}={text}" for name, text in self.cookies.get(host, {}).items())
        headers = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": self.language}
        headers |= {"Cookie": kept} if kept else {}
        headers |= request.headers
        return Request(request.method, request.url, request.body, headers)

    def ask(self, request: Request) -> Reply:
        """Send one request with the cookies of its host, and keep those that come back."""
        reply = self.wire.send(self.with_cookies(request))
        self._keep(urlsplit(request.url).hostname or "", reply)
        return reply

    def open(self, url: str) -> Page:
        """Go to an address; a path is one at the root."""
        return self._follow(Request("GET", urljoin(self.wire.root, url)))

    def submit(self, form: Form, **typed: str | None) -> Page:
        """Send a form of the page that is shown, with what is typed in; None leaves a field out."""
        return self._follow(self.filled(form, **typed))

    def filled(self, form: Form, **typed: str | None) -> Request:
        """The request that `submit` would send."""
        given: Mapping[str, str | None] = {**form.fields, **typed}
        fields = {name: text for name, text in given.items() if text is not None}
        if form.method == "GET":
            return Request("GET", f"{form.action.partition('?')[0]}?{urlencode(fields)}")
        shown = urlsplit(self.page.url if self.page else self.wire.root)
        return post_form(form.action, fields, origin=f"{shown.scheme}://{shown.netloc}")

    def sign_up(self, email: str, password: str = PASSWORD) -> Page:
        """Make an account on the page for it."""
        self.email = email
        form = self.open("/signup").form("/signup")
        return self.submit(form, email=email, password=password)

    def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        """Sign in with a password on the page for it."""
        self.email = email
        form = self.open("/login").form("/login")
        return self.submit(form, email=email, password=password)

    def sign_out(self) -> Page:
        return self.submit(self.open("/account").form("/logout"))

    def allow(self, url: str) -> str:
        """Say yes to what an assistant asks at `url`; the address the browser is sent to."""
        return self.decide(url, "allow")

    def deny(self, url: str) -> str:
        """Say no."""
        return self.decide(url, "deny")

    def decide(self, url: str, decision: str) -> str:
        page = self.submit(self.consent_form(url), decision=decision)
        assert not self.wire.leads_to(page.url), f"{page.url} ({page.status}):\n{page.text}"
        return page.url

    def consent_form(self, url: str) -> Form:
        """The form on the consent page to which `url` leads whoever is signed in."""
        page = self.open(url)
        path = urlsplit(page.url).path
        assert path.startswith("/consent/"), f"{page.url} ({page.status}):\n{page.text}"
        return page.form(path)

    def _follow(self, request: Request) -> Page:
        steps: list[Reply] = []
        url = request.url
        while self.wire.leads_to(url) and len(steps) <= REDIRECTS:
            reply = self.ask(request)
            steps.append(reply)
            location = reply.headers["Location"]
            if location is None or reply.status not in (301, 302, 303):
                break
            url = urljoin(url, location)
            request = Request("GET", url)
        assert len(steps) <= REDIRECTS, f"{url} is the end of too many redirects"
        self.page = Page(url, steps[-1], tuple(steps))
        return self.page

    def _keep(self, host: str, reply: Reply) -> None:
        jar = self.cookies.setdefault(host, {})
        for line in reply.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                jar.pop(name, None)
                if morsel.value and morsel["max-age"] != "0":
                    jar[name] = morsel.value
