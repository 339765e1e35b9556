"""What the pages for signing in and up say of the assistant that waits for an answer."""

import pytest

from tests.kit.linking import Assistant

UNKNOWN = "/consent/aut_" + "0" * 32
WAITING = " asks to use "


@pytest.fixture
def path(app, client):
    """The page about a request of a program whose name is HTML."""
    hostile = Assistant(app, "diary", metadata={"client_name": "<b>Codex</b>"})
    return hostile.consent(client, scope="diary:read")


@pytest.mark.parametrize("page", ["/login", "/signup"])
def test_it_says_for_whom_and_for_what(client, path, page):
    shown = client.get(page, query_string={"next": path}).text
    assert "“&lt;b&gt;Codex&lt;/b&gt;” asks to use Diary &amp; &lt;Days&gt; for you." in shown
    assert "<b>Codex" not in shown
    assert "<Days>" not in shown


@pytest.mark.parametrize("page", ["/login", "/signup"])
@pytest.mark.parametrize("onward", [UNKNOWN, "/consent/", "/consent/\0", "/account", ""])
def test_where_nobody_waits_it_names_nobody(client, path, page, onward):
    shown = client.get(page, query_string={"next": onward})
    assert shown.status_code == 200
    assert WAITING not in shown.text
    assert "Codex" not in shown.text
