"""Notes as MCP resources: listed, and read by their addresses."""

import pytest

from plugins.knowledge.answers import LONGEST_TEXT
from plugins.knowledge.folders import SHIPPED
from tests.kit.people import Person

VERSION = {"MCP-Protocol-Version": "2025-06-18", "Accept": "application/json, text/event-stream"}
NOT_FOUND = -32002  # in that version of the protocol


class Reader(Person):
    """A person whose assistant reads resources."""

    def ask(self, method, **params):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self.post("/mcp", message, VERSION)
        assert answer.status_code == 200, answer.text
        return answer.json

    def listed(self):
        """Every note that is listed, over as many pages as there are."""
        page = self.ask("resources/list")["result"]
        found = page["resources"]
        while "nextCursor" in page:
            page = self.ask("resources/list", cursor=page["nextCursor"])["result"]
            found += page["resources"]
        return [entry for entry in found if entry["uri"].startswith("knowledge:")]

    def read(self, uri):
        (content,) = self.ask("resources/read", uri=uri)["result"]["contents"]
        assert content["mimeType"] == "text/markdown"
        return content["text"]


@pytest.fixture
def lin(start):
    return Reader(start(PLUGINS="knowledge"), "lin@example.com", "knowledge")


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "own notes"
    place.mkdir()
    return place


@pytest.fixture
def own(start, folder):
    app = start(PLUGINS="knowledge", KNOWLEDGE_DIR=str(folder))
    return Reader(app, "lin@example.com", "knowledge")


def test_every_note_is_listed(lin):
    listed = lin.listed()
    assert len(listed) == len(list(SHIPPED.rglob("*.md")))
    (pork,) = [entry for entry in listed if entry["title"] == "红烧肉"]
    assert pork["description"] == "菜谱/红烧肉.md"
    assert pork["mimeType"] == "text/markdown"


def test_a_listed_note_is_read(lin):
    (pork,) = [entry for entry in lin.listed() if entry["title"] == "红烧肉"]
    text = lin.read(pork["uri"])
    note_id = pork["uri"].rpartition("/")[2]
    fetched = lin.get(f"/notes/{note_id}").json
    assert fetched["text"] in text
    assert text.startswith("# 红烧肉\n")
    assert text.endswith(f"\n\nSource: <{fetched['url']}>\n")


def test_a_note_without_a_heading_gets_its_title(own, folder):
    (folder / "泡茶.md").write_text("---\ntitle: 泡茶 & 水温\n---\n绿茶八十度。", encoding="utf-8")
    (folder / "b.md").write_text("# Mine\n\nsteady", encoding="utf-8")
    (folder / "empty.md").write_text("", encoding="utf-8")
    texts = {entry["title"]: own.read(entry["uri"]) for entry in own.listed()}
    assert texts["泡茶 & 水温"].startswith("# 泡茶 & 水温\n\n绿茶八十度。\n\nSource: <http://")
    assert texts["Mine"].startswith("# Mine\n\nsteady\n\nSource: <")
    assert texts["empty"].startswith("# empty\n\nSource: <")


def test_a_note_that_is_too_long_says_so(own, folder):
    (folder / "long.md").write_text("字" * (LONGEST_TEXT + 1), encoding="utf-8")
    (entry,) = own.listed()
    text = own.read(entry["uri"])
    assert f"Only the first {LONGEST_TEXT} characters are given." in text
    assert len(text) < LONGEST_TEXT + 500


def test_a_new_note_is_listed_and_read(lin):
    saved = lin.do("/notes", {"title": "糖醋排骨", "text": "糖一份。"}).json["result"]
    assert "糖一份。" in lin.read(f"knowledge://notes/{saved['id']}")
    assert saved["path"] in [entry["description"] for entry in lin.listed()]


@pytest.mark.parametrize(
    "note_id",
    [
        "0123456789abcdef",
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "../../etc/passwd",
        "%00",
        "\0",
        "\n",
        "%ed%a0%80",
        "' OR 1=1 --",
        "{id}",
        "a" * 100_000,
        "",
        "红烧肉",
    ],
    ids=lambda note_id: repr(note_id[:20]),
)
def test_what_is_no_note_is_not_found(lin, note_id):
    refused = lin.ask("resources/read", uri=f"knowledge://notes/{note_id}")
    assert refused["error"]["code"] == NOT_FOUND
    assert refused["error"]["message"]


def test_nobody_reads_or_lists_notes_without_a_token(lin):
    for method, params in (
        ("resources/list", {}),
        ("resources/read", {"uri": "knowledge://notes/0123456789abcdef"}),
    ):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = lin.app.test_client().post("/knowledge/mcp", json=message, headers=VERSION)
        assert answer.status_code == 401


def test_the_notes_that_are_gone_are_an_error_and_not_an_empty_list(own, folder):
    folder.rmdir()
    assert "There is no folder" in own.ask("resources/list")["error"]["message"]
