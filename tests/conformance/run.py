"""Run the official MCP conformance suite against a gateway of its own: `make conformance`.

For each revision of the protocol it prints how many of the scored scenarios pass. It fails where one
fails that expected-failures.yaml does not name, and where one passes that it names; a warning counts
as a failure. All that the suite and the gateway have said is in `results/`.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.kit.server import running

HERE = Path(__file__).parent
SUITE = HERE / "node_modules" / "@modelcontextprotocol" / "conformance"
RESULTS = HERE / "results"
REVISIONS = ["2026-07-28", "2025-11-25"]
LONGEST = 300  # seconds for one revision; it takes one to ten
FOLDER = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
FAULTS = {"FAILURE", "WARNING"}
BASELINE = HERE / "expected-failures.yaml"
EXPECTED = {
    entry.partition(":")[0]
    for entry in yaml.safe_load(BASELINE.read_text(encoding="utf-8"))["server"]
}


@dataclass(frozen=True)
class Run:
    """What the suite found for one revision: its checks by scenario. `is_right` is its own verdict."""

    revision: str
    checks: dict[str, list[dict]]
    is_right: bool
    seconds: float

    @property
    def scored(self) -> list[str]:
        """The scenarios that the revision requires; all others are run for the record."""
        required = SUITE / "requirements" / f"{self.revision}.yaml"
        return yaml.safe_load(required.read_text(encoding="utf-8"))["server"]

    @property
    def others(self) -> list[str]:
        return sorted(self.checks.keys() - set(self.scored))

    def passes(self, scenario: str) -> bool:
        statuses = {check["status"] for check in self.checks.get(scenario, [])}
        return "SUCCESS" in statuses and not statuses & FAULTS

    def report(self) -> str:
        passing = {name for name in [*self.scored, *self.others] if self.passes(name)}
        failing = [name for name in self.scored if name not in passing]
        known = [name for name in failing if name in EXPECTED]
        extra = [name for name in self.others if name in passing]
        return "\n".join(
            [
                f"MCP {self.revision}, in {self.seconds:.1f} s: of {len(self.scored)} scored scenarios"
                f" {len(self.scored) - len(failing)} pass, {len(known)} fail as expected.",
                *(
                    f"  WRONG {name}: {self.fault(name)}"
                    for name in failing
                    if name not in EXPECTED
                ),
                *(f"  WRONG {name}: it passes, and is expected to fail" for name in stale(self)),
                f"  Expected to fail: {', '.join(known) or 'none'}",
                f"  Not scored: {len(extra)} of {len(self.others)} pass: {', '.join(extra) or 'none'}",
                *([] if self.is_right else [f"  This is not as it should be: see {RESULTS}"]),
            ]
        )

    def fault(self, scenario: str) -> str:
        """The first thing that is wrong."""
        wrong = (check for check in self.checks.get(scenario, []) if check["status"] in FAULTS)
        told = (check.get("errorMessage") or str(check.get("details")) for check in wrong)
        return next(told, "it did not run")[:200]


def stale(run: Run) -> list[str]:
    """What the suite lists at its end as passing where a failure is expected."""
    said = log_of(run.revision).read_text(encoding="utf-8").rpartition("\nTotal: ")[2]
    return re.findall(r"^  ✓ (.+)$", said, re.MULTILINE)


def log_of(revision: str) -> Path:
    return RESULTS / revision / "suite.log"


def node() -> Path:
    """The Node.js that npm has for this kind of machine, else the machine's own: 22 or newer."""
    installed = (HERE / "node_modules").glob("node-*/bin/node")
    return next(installed, Path(shutil.which("node") or "node"))


def run(address: str, revision: str) -> Run:
    results = RESULTS / revision
    results.mkdir(parents=True)
    command = [node(), SUITE / "dist" / "index.js", "server", "--url", address]
    command += ["--requirements", revision, "--output-dir", results]
    command += ["--expected-failures", BASELINE]
    began = time.monotonic()
    with log_of(revision).open("wb") as log:
        ended = subprocess.run(
            command, stdout=log, stderr=subprocess.STDOUT, timeout=LONGEST, check=False
        )
    return Run(revision, read(results), ended.returncode == 0, time.monotonic() - began)


def read(results: Path) -> dict[str, list[dict]]:
    return {
        named["scenario"]: json.loads(path.read_text(encoding="utf-8"))
        for path in results.glob("*/checks.json")
        if (named := FOLDER.fullmatch(path.parent.name))
    }


def main() -> bool:
    shutil.rmtree(RESULTS, ignore_errors=True)
    of_gateway = RESULTS / "gateway"
    of_gateway.mkdir(parents=True)
    with running(of_gateway, application=HERE, PLUGINS_DIR="") as server:
        runs = [run(f"{server.address}/conformance/mcp", revision) for revision in REVISIONS]
    for each in runs:
        print(each.report())  # noqa: T201 - it is for a person to read
    return all(each.is_right for each in runs)


if __name__ == "__main__":
    sys.exit(not main())
