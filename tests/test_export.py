"""Getting a package: at `/package.zip` of a plugin, and by `flask plugin export`."""

import json
import shutil
import subprocess
import sys
import zipfile

import pytest

from gateway.app import SAMPLES
from tests.kit import directory
from tests.kit.apps import TEST_PLUGINS
from tests.kit.written import PLUGIN, write_plugin

ROOT = "https://plugins.example.com"
LISTS = (".agents/plugins/marketplace.json", ".claude-plugin/marketplace.json")
NOT_SQUARE = "logo.png is 200 by 100 pixels. Make it square, 48 to 4096 pixels wide."


@pytest.fixture
def public(start):
    return start(PLUGINS="counter,keyed", BASE_URL=ROOT)


@pytest.fixture
def local(start):
    return start(PLUGINS="counter,keyed", PORT="9000")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the commands run."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def flask():
    """Run `flask plugin ...` of an app; what comes back is its exit status, output and errors."""

    def flask(app, *words):
        done = app.test_cli_runner().invoke(args=["plugin", *map(str, words)])
        return done.exit_code, done.stdout, done.stderr

    return flask


def refusal(answer):
    """The one sentence of a command that refused."""
    status, output, errors = answer
    assert (status, output, errors.count("\n")) == (1, "", 1)
    return errors.removeprefix("Error: ").rstrip()


def address_in(package):
    """The address of the one MCP server in a ZIP."""
    configuration = json.loads(directory.unpacked(package)["mcp.json"])
    [server] = configuration["mcpServers"].values()
    return server["url"]


def get(app, address, **options):
    root, _, path = address.partition("://")[2].partition("/")
    scheme = address.partition("://")[0]
    return app.test_client().get(f"/{path}", base_url=f"{scheme}://{root}", **options)


class TestTheAddress:
    @pytest.mark.parametrize(
        ("asked", "inside"),
        [
            (f"{ROOT}/counter/package.zip", f"{ROOT}/counter/mcp"),
            (
                "https://counter.plugins.example.com/package.zip",
                "https://counter.plugins.example.com/mcp",
            ),
        ],
    )
    def test_serves_a_package_for_the_form_it_was_asked_in(self, public, asked, inside):
        response = get(public, asked)
        assert (response.status_code, response.mimetype) == (200, "application/zip")
        assert response.headers["Content-Disposition"] == 'attachment; filename="counter.zip"'
        assert address_in(response.data) == inside
        assert directory.faults(response.data) == []

    def test_on_one_machine_names_only_what_agent_plugins_takes(self, local):
        for asked in ("http://localhost:9000/counter", "http://counter.localhost:9000"):
            response = get(local, f"{asked}/package.zip")
            assert address_in(response.data) == "http://localhost:9000/counter/mcp"
            assert directory.faults(response.data) == []

    def test_is_asked_again_by_its_etag(self, public):
        address = f"{ROOT}/counter/package.zip"
        first = get(public, address)
        again = get(public, address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        other = get(public, "https://counter.plugins.example.com/package.zip")
        assert other.headers["ETag"] != first.headers["ETag"]

    def test_takes_a_head(self, public):
        response = public.test_client().head("/counter/package.zip", base_url=ROOT)
        assert (response.status_code, response.data) == (200, b"")
        assert response.content_length > 1_000

    @pytest.mark.parametrize(
        ("environ", "root"),
        [
            ({"ALLOWED_HOSTS": "gateway:8000"}, "http://gateway:8000"),
            ({"BASE_URL": "http://plugins.example.com"}, "http://plugins.example.com"),
            ({"BASE_URL": "http://plugins.example.com"}, "http://counter.plugins.example.com"),
        ],
    )
    def test_over_plain_http_elsewhere_there_is_none(self, start, environ, root):
        app = start(PLUGINS="counter", **environ)
        path = "/package.zip" if "counter" in root else "/counter/package.zip"
        response = get(app, root + path)
        assert (response.status_code, response.mimetype) == (409, "application/problem+json")
        assert response.json["code"] == "conflict"
        assert "is plain HTTP and not on this machine" in response.json["detail"]
        assert response.json["detail"].endswith(
            "Set BASE_URL to the https address of this gateway, or ask for it at a host that"
            " ALLOWED_HOSTS names with https://."
        )


@pytest.fixture
def wrong(start, tmp_path):
    """A gateway with a plugin that no directory would take."""
    plugin = PLUGIN.replace("Weather", "Weather Plugin").replace("auth=", "examples=['@me'], auth=")
    path = write_plugin(tmp_path / "wrong", plugin=plugin)
    logo = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\xc8\x00\x00\x00\x64"
    (path / "logo.png").write_bytes(logo)
    return start(folders=[tmp_path / "wrong"], BASE_URL=ROOT)


class TestAWrongPlugin:
    def test_starts_and_tells_everything_at_its_address(self, wrong):
        assert get(wrong, f"{ROOT}/weather/openapi.json").status_code == 200
        response = get(wrong, f"{ROOT}/weather/package.zip")
        assert (response.status_code, response.mimetype) == (409, "application/problem+json")
        assert response.json["detail"] == (
            'There can be no package of weather. The title "Weather Plugin" ends in a word that'
            f" directories refuse. Leave the word out. {NOT_SQUARE}"
        )

    def test_tells_the_same_on_the_command_line_and_writes_nothing(self, wrong, flask, folder):
        told = refusal(flask(wrong, "export", "weather"))
        assert told == get(wrong, f"{ROOT}/weather/package.zip").json["detail"]
        assert list(folder.iterdir()) == []

    def test_is_listed_all_the_same(self, wrong, flask):
        assert flask(wrong, "list")[0] == 0


class TestList:
    def test_a_line_for_each_plugin(self, public, flask):
        status, output, errors = flask(public, "list")
        assert (status, errors) == (0, "")
        assert output.splitlines() == [
            "counter\tCounter\thttps://counter.plugins.example.com/mcp",
            "keyed\tKeyed\thttps://keyed.plugins.example.com/mcp",
        ]

    def test_on_one_machine_the_addresses_are_local(self, local, flask):
        output = flask(local, "list")[1]
        assert "counter\tCounter\thttp://localhost:9000/counter/mcp\n" in output


class TestExport:
    def test_writes_the_package_that_is_served(self, public, flask, folder):
        told = "Wrote counter.zip, for https://counter.plugins.example.com/mcp\n"
        assert flask(public, "export", "counter") == (0, told, "")
        served = get(public, "https://counter.plugins.example.com/package.zip")
        assert (folder / "counter.zip").read_bytes() == served.data

    def test_writes_the_path_form_on_demand(self, public, flask, folder):
        assert flask(public, "export", "counter", "--path-form")[0] == 0
        served = get(public, f"{ROOT}/counter/package.zip")
        assert (folder / "counter.zip").read_bytes() == served.data

    def test_writes_a_local_package_for_trial(self, local, flask, folder):
        told = "Wrote counter.zip, for http://localhost:9000/counter/mcp\n"
        assert flask(local, "export", "counter") == (0, told, "")

    @pytest.mark.parametrize("base", ["http://localhost:9000", "http://127.0.0.1:9000"])
    def test_a_local_base_url_is_written_as_a_path(self, start, flask, folder, base):
        app = start(PLUGINS="counter", BASE_URL=base)
        assert flask(app, "export", "counter")[0] == 0
        assert address_in((folder / "counter.zip").read_bytes()) == f"{base}/counter/mcp"

    def test_over_plain_http_elsewhere_there_is_none(self, start, flask, folder):
        app = start(PLUGINS="counter", BASE_URL="http://plugins.example.com")
        told = refusal(flask(app, "export", "counter"))
        assert "BASE_URL" in told
        assert list(folder.iterdir()) == []

    def test_writes_a_version_where_it_is_told_to(self, public, flask, folder):
        (folder / "out").mkdir()
        words = ("--to", "out/second.zip", "--version", "2.0.0-rc.1")
        assert flask(public, "export", "counter", *words)[0] == 0
        files = directory.unpacked((folder / "out" / "second.zip").read_bytes())
        for manifest in ("plugin.json", ".claude-plugin/plugin.json"):
            assert json.loads(files[manifest])["version"] == "2.0.0-rc.1"

    def test_refuses_what_is_no_version(self, public, flask, folder):
        told = refusal(flask(public, "export", "counter", "--version", "2"))
        assert told.endswith('The version "2" is not like 1.2.0, in at most 64 characters.')

    def test_an_unknown_plugin_is_refused_with_those_there_are(self, public, flask):
        told = refusal(flask(public, "export", "weather"))
        assert told == "There is no plugin weather. There are: counter, keyed."

    def test_takes_the_files_of_the_plugins_folder(self, start, flask, folder, tmp_path):
        shutil.copytree(TEST_PLUGINS / "keyed", tmp_path / "mine" / "keyed")
        (tmp_path / "mine" / "keyed" / "LICENSE").write_text("MIT, by Ada", encoding="utf-8")
        logo = next(SAMPLES.glob("*/logo.png"))
        shutil.copy(logo, tmp_path / "mine" / "keyed" / "logo.png")
        assert flask(start(folders=[tmp_path / "mine"]), "export", "keyed")[0] == 0
        files = directory.unpacked((folder / "keyed.zip").read_bytes())
        assert files["LICENSE"] == b"MIT, by Ada"
        assert files["assets/logo.png"] == logo.read_bytes()

    def test_tells_which_examples_are_left_out(self, start, flask, tmp_path):
        plugin = PLUGIN.replace("auth=", "examples=['Ask @ada', 'Will it rain?'], auth=")
        write_plugin(tmp_path / "mine", plugin=plugin)
        app = start(folders=[tmp_path / "mine"])
        status, output, errors = flask(app, "export", "weather")
        assert status == 0
        assert output.startswith("Wrote weather.zip")
        told = 'The example "Ask @ada" is left out: it mentions somebody with @.'
        assert errors.splitlines() == [told]

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("keyed", "takes a key"),
            ("personal", "takes a key"),
            ("counter", "asks you to sign in"),
            ("sports", None),
        ],
    )
    def test_tells_what_else_it_takes_to_call_the_plugin(self, start, flask, folder, name, told):
        """Only a key must be given beside the package: for an account the assistant asks by itself."""
        _, _, errors = flask(start(), "export", name)
        assert ("a package carries none" in errors) is (told == "takes a key")
        readme = directory.unpacked((folder / f"{name}.zip").read_bytes())["README.md"].decode()
        for each in ("takes a key", "asks you to sign in"):
            assert (each in readme) is (each == told)


class TestWritingOver:
    def test_an_earlier_export_of_the_same_plugin(self, public, flask, folder):
        for version in ("1.0.0", "1.1.0"):
            assert flask(public, "export", "counter", "--version", version)[0] == 0
        files = directory.unpacked((folder / "counter.zip").read_bytes())
        assert json.loads(files["plugin.json"])["version"] == "1.1.0"

    @pytest.mark.parametrize("content", [b"", b"my notes", b"PK\x03\x04 nearly"])
    def test_nothing_else(self, public, flask, folder, content):
        (folder / "counter.zip").write_bytes(content)
        told = refusal(flask(public, "export", "counter"))
        assert told == (
            "counter.zip is there and is no export of counter. Move it away, or write elsewhere."
        )
        assert (folder / "counter.zip").read_bytes() == content

    def test_no_package_of_another_plugin(self, public, flask, folder):
        flask(public, "export", "keyed", "--to", "one.zip")
        told = refusal(flask(public, "export", "counter", "--to", "one.zip"))
        assert "is no export of counter" in told

    def test_no_other_zip(self, public, flask, folder):
        with zipfile.ZipFile(folder / "counter.zip", "w") as other:
            other.writestr("plugin.json", "[1]")
        assert "is no export of counter" in refusal(flask(public, "export", "counter"))

    def test_what_cannot_be_written_is_told(self, public, flask, folder):
        (folder / "sub").mkdir()
        assert "cannot be written" in refusal(flask(public, "export", "counter", "--to", "sub"))
        told = refusal(flask(public, "export", "counter", "--to", "missing/counter.zip"))
        assert told.startswith("missing/counter.zip cannot be written: No such file")


class TestMarketplace:
    @pytest.fixture
    def add(self, public, flask):
        return lambda name, *more: flask(public, "export", name, "--marketplace", "shop", *more)

    def lists(self, folder):
        return [json.loads((folder / "shop" / each).read_bytes()) for each in LISTS]

    def test_holds_the_unpacked_package(self, public, add, folder):
        told = "Wrote shop/plugins/counter, for https://counter.plugins.example.com/mcp\n"
        assert add("counter") == (0, told, "")
        served = get(public, "https://counter.plugins.example.com/package.zip")
        for path, data in directory.unpacked(served.data).items():
            assert (folder / "shop" / "plugins" / "counter" / path).read_bytes() == data
        assert not (folder / "counter.zip").exists()

    def test_lists_every_package_in_the_folder(self, add, folder):
        for name in ("keyed", "counter"):
            assert add(name)[0] == 0
        codex, claude = self.lists(folder)
        assert codex == {
            "name": "plugins-example-com",
            "interface": {"displayName": "The publisher of this gateway"},
            "plugins": [
                {
                    "name": name,
                    "source": {"source": "local", "path": f"./plugins/{name}"},
                    "policy": {"installation": "AVAILABLE", "authentication": "ON_USE"},
                    "category": "Other",
                }
                for name in ("counter", "keyed")
            ],
        }
        assert [each["source"] for each in claude["plugins"]] == [
            "./plugins/counter",
            "./plugins/keyed",
        ]
        for entry in codex["plugins"]:
            manifest = folder / "shop" / entry["source"]["path"] / "plugin.json"
            assert json.loads(manifest.read_bytes())["name"] == entry["name"]

    def test_passes_the_strictest_linter(self, add, folder):
        for name in ("keyed", "counter"):
            add(name)
        command = [sys.executable, "-m", "skillsaw", "lint", "--strict", "--format", "json", "shop"]
        linted = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        told = json.loads(linted.stdout)
        assert (linted.returncode, told["violations"]) == (0, [])
        assert "codex-marketplace" in told["stats"]["repo_types"]

    def test_is_the_same_in_any_order(self, add, folder):
        for name in ("keyed", "counter"):
            add(name)
        first = [(folder / "shop" / each).read_bytes() for each in LISTS]
        shutil.rmtree(folder / "shop")
        for name in ("counter", "keyed", "counter"):
            add(name)
        assert [(folder / "shop" / each).read_bytes() for each in LISTS] == first

    def test_a_zip_comes_too_where_it_is_asked_for(self, add, folder):
        status, output, _ = add("counter", "--to", "counter.zip")
        assert (status, output.count("Wrote ")) == (0, 2)
        assert (folder / "counter.zip").is_file()

    def test_a_list_of_somebody_elses_stays(self, add, folder):
        theirs = folder / "shop" / LISTS[0]
        theirs.parent.mkdir(parents=True)
        theirs.write_text('{"plugins": [{"name": "x", "source": {"source": "url"}}]}')
        assert "marketplace.json is there and is no export" in refusal(add("counter"))
        assert not (folder / "shop" / "plugins").exists()

    def test_a_folder_of_somebody_elses_stays(self, add, folder):
        theirs = folder / "shop" / "plugins" / "counter"
        theirs.mkdir(parents=True)
        (theirs / "notes.txt").write_text("mine")
        assert "plugins/counter is there and is no export" in refusal(add("counter"))
        assert [each.name for each in theirs.iterdir()] == ["notes.txt"]

    def test_other_folders_beside_it_are_not_listed(self, add, folder):
        (folder / "shop" / "plugins" / "drafts").mkdir(parents=True)
        (folder / "shop" / "plugins" / "drafts" / "plugin.json").write_text("{")
        (folder / "shop" / "plugins" / "README").write_text("hello")
        assert add("counter")[0] == 0
        assert [each["name"] for each in self.lists(folder)[0]["plugins"]] == ["counter"]

    def test_a_file_in_its_place_is_told(self, add, folder):
        (folder / "shop").write_text("mine")
        assert "shop cannot be written" in refusal(add("counter"))
