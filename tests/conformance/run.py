"""Run the official MCP conformance suite against a gateway of its own: `make conformance`.

For each revision of the protocol it prints how many of the scored scenarios pass, and it fails where one
fails that expected-failures.yaml does not name, or where one passes that it names. A warning counts as a
failure. All that the suite says is in `results/`.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.kit.server import running

HERE = Path(__file__).parent
SUITE = HERE / "node_modules" / "@modelcontextprotocol" / "conformance"
RESULTS = HERE / "results"
REVISIONS = ["2026-07-28", "2025-11-25"]
LONGEST = 300  # seconds for one revision, which takes five to ten
FOLDER = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
FAULTS = {"FAILURE", "WARNING"}


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

    def passes(self, scenario: str) -> bool:
        statuses = {check["status"] for check in self.checks.get(scenario, [])}
        return "SUCCESS" in statuses and not statuses & FAULTS

    def report(self) -> str:
        others = sorted(self.checks.keys() - set(self.scored))
        statuses = Counter(
            check["status"] for scenario in self.scored for check in self.checks.get(scenario, [])
        )
        counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
        return "\n".join(
            [
                f"MCP {self.revision} in {self.seconds:.0f} s:",
                f"  {sum(map(self.passes, self.scored))} of {len(self.scored)} scored scenarios pass"
                f" (checks: {counted})",
                *(f"    {fault}" for name in self.scored for fault in self.faults(name)),
                f"  {sum(map(self.passes, others))} of {len(others)} others pass:"
                f" {', '.join(filter(self.passes, others))}",
                "  As expected." if self.is_right else f"  NOT AS EXPECTED: {RESULTS}",
            ]
        )

    def faults(self, scenario: str) -> list[str]:
        found = self.checks.get(scenario)
        if found is None:
            return [f"{scenario}: did not run"]
        return [
            f"{scenario}: {check.get('errorMessage') or check['details']}"
            for check in found
            if check["status"] in FAULTS
        ]


def node() -> Path:
    """The Node.js that was installed for this machine."""
    [found] = (HERE / "node_modules").glob("node-*/bin/node")
    return found


def run(address: str, revision: str) -> Run:
    results = RESULTS / revision
    results.mkdir(parents=True)
    command = [node(), SUITE / "dist" / "index.js", "server", "--url", address]
    command += ["--requirements", revision, "--output-dir", results]
    command += ["--expected-failures", HERE / "expected-failures.yaml"]
    began = time.monotonic()
    with (results / "suite.log").open("wb") as log:
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
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), application=HERE, PLUGINS_DIR="") as server,
    ):
        runs = [run(f"{server.address}/conformance/mcp", revision) for revision in REVISIONS]
    for each in runs:
        print(each.report())
    return all(each.is_right for each in runs)


if __name__ == "__main__":
    sys.exit(not main())
