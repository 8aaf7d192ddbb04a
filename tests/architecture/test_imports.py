# SPDX-License-Identifier: Apache-2.0
"""Guards who imports whom where the import contracts cannot see: submodules of other packages, and load time.

The contracts themselves are in pyproject.toml and run in `make check`; here each is shown to bite on a planted
violation. What the code does is not tested here.
"""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.project import NAMESPACE_ROOTS, ROOT, imported_names, python_files, relative, syntax

# One file that breaks each contract, by the contract's id. `{}` is an otherwise empty project.
_PLANTED: dict[str, dict[str, str]] = {
    "layers": {"audit/log.py": "import rogatory.server"},
    "siblings": {"client/exchange.py": "import rogatory.server.store", "server/store.py": ""},
    "audit-alone": {"audit/log.py": "import rogatory.v1.services_pb2", "v1/services_pb2.py": ""},
    "protocol-to-audit": {
        "protocol/entry.py": "from rogatory.audit import newly_added",
        "audit/newly_added.py": "",
    },
    "pure": {"audit/tile.py": "from pathlib import Path"},
    "wire": {"server/store.py": "from rogatory.v1 import services_pb2", "v1/services_pb2.py": ""},
}
_PACKAGES = ("v1", "packs", "audit", "protocol", "server", "client")
_POSIX_ONLY = {"fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "syslog"}


def _contracts() -> dict[str, str]:
    """Returns the contracts' names by id."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    return {contract["id"]: contract["name"] for contract in tools["importlinter"]["contracts"]}


def _lint(project: Path, files: dict[str, str]) -> str:
    """Lays out a namespace with the given modules, runs the real contracts on it and returns the report."""
    for package in _PACKAGES:
        (project / "rogatory" / package).mkdir(parents=True)
        (project / "rogatory" / package / "__init__.py").touch()
    for name, text in files.items():
        (project / "rogatory" / name).write_text(text + "\n")
    command = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [command, "--config", ROOT / "pyproject.toml", "--no-cache", "--no-logo"],
        cwd=project,
        # First on the path, so that the planted packages are found and not the real ones.
        env=os.environ | {"PYTHONPATH": str(project), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout + ran.stderr


def test_every_import_contract_has_a_planted_violation() -> None:
    assert _contracts().keys() == _PLANTED.keys()


@pytest.mark.parametrize("contract", _PLANTED)
def test_import_contract_bites_on_a_planted_violation(contract: str, tmp_path: Path) -> None:
    report = _lint(tmp_path, _PLANTED[contract])
    assert re.search(rf"^{re.escape(_contracts()[contract])} BROKEN", report, re.MULTILINE), report


def test_import_contracts_hold_on_an_empty_project(tmp_path: Path) -> None:
    assert f"Contracts: {len(_PLANTED)} kept, 0 broken." in _lint(tmp_path, {})


def test_only_the_client_can_seal_or_open() -> None:
    """A server that cannot import HPKE cannot open what it stores; the contracts see other packages only whole."""
    holders = {
        path.relative_to(ROOT).parts[0]
        for path in python_files(*NAMESPACE_ROOTS)
        if any(
            name.endswith("primitives.hpke") or ".primitives.hpke." in name
            for name in imported_names(syntax(path))
        )
    }
    assert holders <= {"client"}


def _top_level_imports(tree: ast.Module) -> set[str]:
    """Returns what a plain import of the file loads; what stands under a condition is left out."""
    plain = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return {name.partition(".")[0] for node in plain for name in imported_names(node)}


def test_no_posix_only_import_outside_the_server() -> None:
    """Client, protocol and audit run on Windows too; a guarded import under a platform check is fine."""
    offending = {
        relative(path): sorted(found)
        for path in python_files("proto", "audit", "client")
        if (found := _top_level_imports(syntax(path)) & _POSIX_ONLY)
    }
    assert offending == {}


def test_loading_the_pure_protocol_loads_no_transport_or_storage() -> None:
    """At run time too: a package's __init__ that imports much would undo what the contracts promise."""
    names = [
        ".".join(path.relative_to(ROOT / "proto").with_suffix("").parts)
        for path in python_files("proto")
        if path.is_relative_to(ROOT / "proto" / "rogatory" / "protocol") and path.name != "__init__.py"
    ]
    code = (
        f"import importlib, sys; [importlib.import_module(name) for name in {names!r}];"
        "print(*sorted({'grpc', 'sqlite3', 'rogatory.server', 'rogatory.client', 'structlog'} & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr
