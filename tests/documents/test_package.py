"""The package of every plugin, as it is served, before judges from outside.

Each plugin is judged as it stands and as a copy under another name, the longest that there can be.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from skills_ref.validator import validate as skill_faults

from gateway.app import SAMPLES
from gateway.discovery import find
from tests.kit.apps import TEST_PLUGINS, running_app
from tests.kit.directory import faults, unpacked

SCHEMAS = Path(__file__).parent / "data" / "agent-plugins"
ROOT = "https://plugins.example.com"
ORIGINALS = [plugin.name for plugin in find([SAMPLES])]
COPIES = {f"copy{number}of{name}{'x' * 32}"[:32]: name for number, name in enumerate(ORIGINALS)}
FIXTURES = [path.parent.name for path in TEST_PLUGINS.glob("*/__init__.py")]
NAMES = [*ORIGINALS, *COPIES, *FIXTURES]
SECRETS = {
    "SERVICE_KEYS": "somebody:the-key-of-a-service",
    "OPENAI_VERIFICATION_TOKEN": "the-verification-token",
    "OPENAI_APPS_CHALLENGE": "the-challenge",
    "SECRET_KEY": "the-secret-key",
}


def packages(folder: Path, copies: Path, **environ: str) -> dict[str, bytes]:
    """Every package at its address as a host, by the name of the plugin."""
    folders = [SAMPLES, copies, TEST_PLUGINS]
    with running_app(folder, folders=folders, BASE_URL=ROOT, **SECRETS, **environ) as app:
        client = app.test_client()
        return {
            name: client.get("/package.zip", base_url=f"https://{name}.plugins.example.com").data
            for name in NAMES
        }


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copies")
    for copy, name in COPIES.items():
        shutil.copytree(SAMPLES / name, folder / copy)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory, copies):
    return packages(tmp_path_factory.mktemp("served"), copies)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def package(served, name):
    return served[name]


@pytest.fixture
def files(package):
    return unpacked(package)


@pytest.fixture
def folder(files, name, tmp_path):
    """The package as a folder, which is what a plugin is to those who read it."""
    for path, data in files.items():
        target = tmp_path / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return tmp_path / name


def test_the_directory_takes_it(package):
    assert faults(package) == []


def test_holds_these_files_and_no_others(files, name):
    skill = name[:31]
    assert sorted(files) == [
        ".claude-plugin/plugin.json",
        "LICENSE",
        "README.md",
        "assets/logo.png",
        "mcp.json",
        "plugin.json",
        f"skills/{skill}/SKILL.md",
        f"skills/{skill}/references/REFERENCE.md",
    ]


@pytest.mark.parametrize("document", ["plugin", "mcp"])
def test_fits_the_schemas_of_agent_plugins(files, document):
    schema = json.loads((SCHEMAS / f"{document}.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(files[f"{document}.json"]))


def test_passes_the_strictest_linter(folder):
    command = [sys.executable, "-m", "skillsaw", "lint", "--strict", "--format", "json", folder]
    linted = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    told = json.loads(linted.stdout)
    assert told["violations"] == []
    assert linted.returncode == 0
    assert {"agent-plugin", "agentskills"} <= set(told["stats"]["repo_types"])
    assert (told["stats"]["plugins"], told["stats"]["skills"]) == (1, 1)


def test_passes_the_reference_validator_of_skills(folder, name):
    assert skill_faults(folder / "skills" / name[:31]) == []


def test_names_its_own_server_for_every_reader(files, name):
    url = f"https://{name}.plugins.example.com/mcp"
    portable, claude = (
        json.loads(files[each]) for each in ("mcp.json", ".claude-plugin/plugin.json")
    )
    assert portable["mcpServers"] == {name: {"type": "streamable-http", "url": url}}
    assert claude["mcpServers"] == {name: {"type": "http", "url": url}}
    assert url in files["README.md"].decode()


def test_holds_no_secret(package):
    for secret in SECRETS.values():
        assert secret.rpartition(":")[2].encode() not in package


def test_names_every_operation(files, name):
    skill = files[f"skills/{name[:31]}/SKILL.md"].decode()
    reference = files[f"skills/{name[:31]}/references/REFERENCE.md"].decode()
    operations = [line[3:] for line in reference.splitlines() if line.startswith("## ")]
    assert operations
    assert all(f"`{each}`" in skill for each in operations)


def test_is_the_same_when_it_is_made_again(served, copies, tmp_path):
    assert packages(tmp_path, copies) == served


@pytest.mark.parametrize("seed", ["0", "4242"])
def test_is_the_same_in_another_process(served, seed, tmp_path):
    environ = {
        **SECRETS,
        "BASE_URL": ROOT,
        "DATA_DIR": str(tmp_path),
        "PYTHONHASHSEED": seed,
        "TZ": "Asia/Shanghai",
    }
    words = ["plugin", "export", ORIGINALS[0], "--to", str(tmp_path / "package.zip")]
    subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=SAMPLES.parent,
        env=environ,
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "package.zip").read_bytes() == served[ORIGINALS[0]]


def test_what_is_said_in_chinese_arrives(served):
    files = unpacked(served["booking"])
    interface = json.loads(files["plugin.json"])["extensions"]["com.openai"]["interface"]
    assert "我想取消明天的按摩预约。" in interface["defaultPrompt"]
    assert "- 我想取消明天的按摩预约。" in files["skills/booking/SKILL.md"].decode()


def test_a_listing_is_cut_between_words(served):
    manifest = json.loads(unpacked(served["sports"])["plugin.json"])
    interface = manifest["extensions"]["com.openai"]["interface"]
    assert interface["displayName"] == "Sports and Stocks"
    assert interface["shortDescription"] == "Scores, stock quotes"
    assert interface["category"] == "Entertainment"
    assert interface["websiteURL"] == "https://sports.plugins.example.com/"
    assert interface["privacyPolicyURL"] == "https://sports.plugins.example.com/privacy"


class TestSkill:
    @pytest.fixture
    def skill(self, served):
        return lambda name: unpacked(served[name])[f"skills/{name}/SKILL.md"].decode()

    def test_reading_comes_before_acting(self, skill):
        text = skill("booking")
        places = [text.index(f"- `{each}`:") for each in ("find_slots", "list_bookings", "book")]
        assert places == sorted(places)

    def test_says_what_to_ask_the_user_first(self, skill):
        assert "- `book`: `service`, `start`, `name`\n" in skill("booking")

    def test_says_how_confirmation_goes(self, skill):
        for name in ("booking", "knowledge"):
            text = skill(name)
            assert "The first call of an action changes nothing." in text
            assert "Show the user `question`, `confirm_url` and `match_code` word for word" in text
            assert "only when `status` is `executed`" in text

    def test_says_where_a_yes_counts(self, skill):
        assert "Then call `confirm_action`" in skill("knowledge")
        assert "`reschedule`, `cancel`: only the user can approve" in skill("booking")
        assert "confirm_action" not in skill("booking")

    def test_says_what_can_be_undone(self, skill):
        assert "\n`book`, `reschedule` can be undone later. For any other" in skill("booking")
        assert "\n`save_note` can be undone later.\n" in skill("knowledge")

    def test_says_nothing_of_confirmation_where_nothing_is_changed(self, skill):
        for words in ("confirm", "Then act", "ask the user first", "sign-in"):
            assert words not in skill("sports")

    def test_names_no_assistant(self, skill):
        for name in ORIGINALS:
            for word in ("ChatGPT", "OpenAI", "Claude", "Codex", "Cursor", "mcp__"):
                assert word not in skill(name)
