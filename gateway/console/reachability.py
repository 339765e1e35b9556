"""Who can reach an address, as far as the address itself tells. Nothing is asked of the network."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from .described import Words

# Names that the public DNS never answers: RFC 6761 (test), RFC 6762 (local), RFC 8375 (home.arpa),
# reserved by ICANN in 2024 (internal), and what home routers and offices use (corp, home, lan).
PRIVATE_NAMES = (".local", ".internal", ".home.arpa", ".test", ".lan", ".home", ".corp")

THIS_MACHINE: Words = (
    "This address works on this machine only. Claude Code, Codex, Cursor and VS Code can use it here;"
    " assistants in the cloud, such as ChatGPT and claude.ai, cannot reach it. How to give it a public"
    " address is in docs/deploy.md.",
    "此地址只能在这台机器上使用。本机上的 Claude Code、Codex、Cursor 和 VS Code 可以连接；"
    "ChatGPT、claude.ai 等云端助手无法访问。如何获得公网地址，见 docs/deploy.md。",
)
THIS_NETWORK: Words = (
    "This address works inside its own network only. Assistants that run there can use it; those in"
    " the cloud, such as ChatGPT and claude.ai, cannot reach it. How to give it a public address is in"
    " docs/deploy.md.",
    "此地址只能在所在的网络内使用。在该网络内运行的助手可以连接；ChatGPT、claude.ai 等云端助手无法访问。"
    "如何获得公网地址，见 docs/deploy.md。",
)
PLAIN_HTTP: Words = (
    "This address is plain HTTP. ChatGPT and claude.ai accept HTTPS only, and on the way anybody could"
    " read the tokens that others send. How to put HTTPS in front is in docs/deploy.md.",
    "此地址是未加密的 HTTP。ChatGPT 和 claude.ai 只接受 HTTPS，而且令牌在传输途中"
    "可能被窃取。如何加上 HTTPS，见 docs/deploy.md。",
)
PUBLIC: Words = (
    "By its form, assistants everywhere should be able to reach this address. This page cannot know"
    " whether they do: check it from outside, for example on a phone that is not in your Wi-Fi.",
    "从地址形式看，公网上的助手应该都能访问。本页无法确认是否真的可达，请从外部检查，"
    "例如用没有连接你的 Wi-Fi 的手机打开。",
)


def reachability(address: str) -> Words:
    """What to tell people of an absolute http(s) address, in both languages."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    if _is_loopback(host):
        return THIS_MACHINE
    if _is_private(host):
        return THIS_NETWORK
    return PUBLIC if parts.scheme == "https" else PLAIN_HTTP


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_number(host) and ip_address(host).is_loopback


def _is_private(host: str) -> bool:
    if _is_number(host):
        return not ip_address(host).is_global
    return "." not in host or host.endswith(PRIVATE_NAMES)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
