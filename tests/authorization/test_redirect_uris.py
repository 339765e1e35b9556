"""Where answers may go: an address that differs in one character is another address."""

import pytest

from gateway.authorization.errors import OAuthError
from gateway.authorization.redirect_uris import LONGEST, MOST, matches, redirect_uris

WEB = "https://chatgpt.com/connector_platform_oauth_redirect"
QUERY = "https://client.test/callback?tenant=a"
LOCAL = "http://127.0.0.1:8080/callback"
NAMED = "http://localhost/callback"
EDITOR = "cursor://anysphere.cursor-mcp/oauth/callback"
REGISTERED = (WEB, QUERY, LOCAL, NAMED, "http://[::1]/callback", EDITOR)

MUTATED = [
    # another path, or the same to a browser and not to the letter
    WEB + "/",
    WEB + "//",
    WEB + "/..",
    WEB + "/../evil",
    WEB + "/.",
    WEB + "%2f",
    WEB + "%00",
    WEB + "%0d%0aLocation:%20https://evil.test",
    WEB + "\n",
    WEB + " ",
    WEB + "\t",
    " " + WEB,
    WEB + ";a=b",
    WEB + "evil",
    WEB[:-1],
    WEB + "?",
    WEB + "?a=b",
    WEB + "?next=https://evil.test",
    WEB + "#",
    WEB + "#evil",
    WEB.replace("redirect", "Redirect"),
    WEB.replace("redirect", "%72edirect"),
    WEB.replace("com/", "com//"),
    WEB.replace("com/", "com/./"),
    WEB.replace("com/", "com/%2e%2e/"),
    WEB.replace("com/", "com\\"),
    # another host
    WEB.replace("chatgpt.com", "CHATGPT.com"),
    WEB.replace("chatgpt.com", "chatgpt.com."),
    WEB.replace("chatgpt.com", "chatgpt.com.evil.test"),
    WEB.replace("chatgpt.com", "evilchatgpt.com"),
    WEB.replace("chatgpt.com", "evil.chatgpt.com"),
    WEB.replace("chatgpt.com", "chatgpt.com@evil.test"),
    WEB.replace("chatgpt.com", "chatgpt.com%40evil.test"),
    WEB.replace("chatgpt.com", "user@chatgpt.com"),
    WEB.replace("chatgpt.com", "user:pass@chatgpt.com"),
    WEB.replace("chatgpt.com", "evil.test/chatgpt.com"),
    WEB.replace("chatgpt.com", "evil.test\\@chatgpt.com"),
    WEB.replace("chatgpt.com", "evil.test#@chatgpt.com"),
    WEB.replace("chatgpt.com", "evil.test?@chatgpt.com"),
    WEB.replace("chatgpt.com", "chatgрt.com"),  # a Cyrillic er
    WEB.replace("chatgpt.com", "xn--chatgt-5ve.com"),
    WEB.replace("chatgpt.com", "*.com"),
    # another port or scheme
    WEB.replace("chatgpt.com", "chatgpt.com:443"),
    WEB.replace("chatgpt.com", "chatgpt.com:8443"),
    WEB.replace("chatgpt.com", "chatgpt.com:"),
    WEB.replace("https", "http"),
    WEB.replace("https", "HTTPS"),
    WEB.replace("https://", "//"),
    WEB.replace("https://", "https:/"),
    WEB.replace("https://", "https:"),
    WEB.replace("https://", "https:///"),
    WEB.replace("https:", "javascript:"),
    "javascript:alert(1)//" + WEB,
    "data:text/html," + WEB,
    "",
    "https://evil.test/",
    # another query
    QUERY + "&a=b",
    QUERY.replace("=a", "=b"),
    QUERY.replace("?tenant=a", ""),
    QUERY.replace("=a", "=a%20"),
    # a program on the user's machine, where only the port may be another
    LOCAL.replace("http:", "https:"),
    LOCAL.replace("/callback", "/Callback"),
    LOCAL.replace("/callback", "/callback/"),
    LOCAL.replace("/callback", "/callback?a=b"),
    LOCAL.replace("/callback", ""),
    LOCAL.replace("8080", "0"),
    LOCAL.replace("8080", "080"),
    LOCAL.replace("8080", "65536"),
    LOCAL.replace("8080", "99999999"),
    LOCAL.replace("8080", "8080 "),
    LOCAL.replace("8080", ""),
    LOCAL.replace("8080", "8080@evil.test"),
    LOCAL.replace("8080", "８０８０"),  # digits, but not those of an address
    LOCAL.replace("127.0.0.1", "127.0.0.2"),
    LOCAL.replace("127.0.0.1", "127.1"),
    LOCAL.replace("127.0.0.1", "0.0.0.0"),
    LOCAL.replace("127.0.0.1", "2130706433"),
    LOCAL.replace("127.0.0.1", "user@127.0.0.1"),
    LOCAL.replace("127.0.0.1", "127.0.0.1.evil.test"),
    LOCAL.replace("127.0.0.1", "[::ffff:127.0.0.1]"),
    LOCAL.replace("127.0.0.1:8080", "evil.test:8080"),
    NAMED.replace("localhost", "LOCALHOST"),
    NAMED.replace("localhost", "localhost."),
    NAMED.replace("localhost", "localhost.evil.test"),
    NAMED.replace("localhost", "evil.localhost"),
    EDITOR + "/",
    EDITOR.replace("cursor-mcp", "cursor-mcp:1"),
    EDITOR.replace("cursor://", "cursor:/"),
    EDITOR.replace("cursor://", "Cursor://"),
    EDITOR.replace("cursor://", "vscode://"),
]


@pytest.mark.parametrize("asked", MUTATED)
def test_a_mutated_address_is_none_of_those_registered(asked):
    assert redirect_uris(list(REGISTERED)) == REGISTERED
    assert not any(matches(asked, registered) for registered in REGISTERED)


def test_there_are_sixty_mutations_and_more():
    assert len(set(MUTATED)) >= 60


@pytest.mark.parametrize("registered", REGISTERED)
def test_the_address_itself_matches(registered):
    assert matches(registered, registered)


@pytest.mark.parametrize(
    ("asked", "registered"),
    [
        ("http://127.0.0.1:46747/callback", LOCAL),
        ("http://127.0.0.1/callback", LOCAL),
        ("http://localhost:1/callback", NAMED),
        ("http://localhost:65535/callback", NAMED),
        ("http://[::1]:9/callback", "http://[::1]/callback"),
        ("http://127.0.0.1:33418", "http://127.0.0.1"),
        ("http://127.0.0.1:33418/?a=b", "http://127.0.0.1/?a=b"),
    ],
)
def test_a_program_on_the_users_machine_may_use_any_port(asked, registered):
    assert matches(asked, registered)


def test_names_of_the_same_machine_are_not_one_another():
    assert not matches("http://localhost:1/callback", LOCAL)
    assert not matches("http://127.0.0.1/callback", NAMED)


@pytest.mark.parametrize(
    "uri",
    [
        WEB,
        QUERY,
        LOCAL,
        EDITOR,
        "https://claude.ai/api/mcp/auth_callback",
        "https://vscode.dev/redirect",
        "https://chat.openai.com/aip/plugin-0f6e0b7c-8a8a-4a43-b7d5-2f2f6a2b9a11/oauth/callback",
        "https://client.test",
        "https://client.test:8443/a%20b?x=%2F",
        "https://[2001:db8::1]/callback",
        "http://127.0.0.1:33418",
        "vscode://vscode.github-authentication/did-authenticate",
        "vscode-insiders://vscode.github-authentication/did-authenticate",
        "windsurf://codeium.windsurf/oauth/callback",
        "com.example.app:/callback",
        "com.example.app://callback",
        "com.example.app://host/callback?a=b",
    ],
)
def test_what_assistants_use_can_be_registered(uri):
    assert redirect_uris([uri]) == (uri,)


@pytest.mark.parametrize(
    "uri",
    [
        "http://client.test/callback",
        "http://10.0.0.1/callback",
        "http://127.0.0.2/callback",
        "http://0.0.0.0/callback",
        "http://localhost.evil.test/callback",
        "http://user@localhost/callback",
        "http://localhost:99999/callback",
        "HTTPS://client.test/callback",
        "https://",
        "https:///callback",
        "https:client.test/callback",
        "https://client.test:/callback",
        "https://client.test:0/callback",
        "https://client.test:65536/callback",
        "https://user@client.test/callback",
        "https://user:pass@client.test/callback",
        "https://client.test/callback#",
        "https://client.test/callback#part",
        "https://*.client.test/callback",
        "https://client.test/*",
        "https://client.test/call back",
        "https://client.test/callback\n",
        "https://client.test/callback\x00",
        "https://client.test\\@evil.test/",
        "https://client.test/{id}",
        "https://client.test/%zz",
        "https://client.test/%",
        "https://client.test/a/../b",
        "https://client.test/a/./b",
        "https://client.test/..",
        "https://client.test/%2e%2E/b",
        "https://client.test/.%2e/b",
        "https://-client.test/",
        "https://client..test/",
        "https://[::::]/",
        "https://client.test./",
        "https://clïent.test/",
        "https://client.test/é",
        "javascript:alert(1)",
        "javascript://client.test/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "about:blank",
        "blob:https://client.test/1",
        "ftp://client.test/",
        "ws://client.test/",
        "chrome-extension://abc/",
        "intent://client.test/#Intent;end",
        "myapp://callback",
        "myapp:/callback",
        "com.example.app:callback",
        "com.example.app://user@host/callback",
        "Com.Example.App:/callback",
        "//client.test/callback",
        "/callback",
        "callback",
        "urn:ietf:wg:oauth:2.0:oob",
        "",
        "https://client.test/" + "a" * LONGEST,
        None,
        7,
        ["https://client.test/"],
    ],
)
def test_what_no_answer_should_go_to_cannot_be_registered(uri):
    with pytest.raises(OAuthError) as caught:
        redirect_uris([WEB, uri])
    assert caught.value.error == "invalid_redirect_uri"
    assert caught.value.description.startswith("Redirect URI number 2 cannot be registered: ")
    assert caught.value.description.endswith(".")
    assert caught.value.description.isascii()
    assert not set('"\\') & set(caught.value.description)


@pytest.mark.parametrize(
    "value",
    [None, [], {}, WEB, (WEB,), [f"https://client.test/{number}" for number in range(MOST + 1)]],
)
def test_there_is_a_list_of_some_and_not_of_very_many(value):
    with pytest.raises(OAuthError) as caught:
        redirect_uris(value)
    assert caught.value.error == "invalid_redirect_uri"


def test_an_address_that_is_named_twice_is_one():
    assert redirect_uris([WEB, LOCAL, WEB]) == (WEB, LOCAL)
