# SPDX-License-Identifier: Apache-2.0
"""Guards the pins: hashes and no address in lock files, and floors that agree with the generator. Not updates."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.project import ROOT

_LOCKS = ("runtime", "dev", "soak")
# An extra stands with its package (coverage[toml]): pip in hash mode takes no other pin for it.
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z0-9,-]+\])?==(\S+)(?: ; .+)? \\$")


def _inputs(name: str) -> dict[str, Requirement]:
    """Returns the requirements that a person wrote into requirements/NAME.in."""
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    stated = [Requirement(line) for line in lines if line.strip() and not line.startswith(("#", "-"))]
    return {canonicalize_name(requirement.name): requirement for requirement in stated}


def _locked(name: str) -> dict[str, str]:
    """Returns package to version of requirements/NAME.txt."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    return {canonicalize_name(pin[1]): pin[2] for line in lines if (pin := _PIN.match(line))}


def _declared() -> dict[str, Requirement]:
    """Returns the dependencies of the distribution."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    stated = [Requirement(text) for text in project["dependencies"]]
    return {canonicalize_name(requirement.name): requirement for requirement in stated}


def _floor(requirement: Requirement) -> str:
    (floor,) = [part.version for part in requirement.specifier if part.operator == ">="]
    return floor


@pytest.mark.parametrize("name", _LOCKS)
def test_lock_files_name_no_host_address_or_folder(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    assert [line for line in text.splitlines() if line.startswith("--")] == []


@pytest.mark.parametrize("name", _LOCKS)
def test_every_locked_package_has_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(_locked(name)) > 0
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_no_lock_format_that_records_addresses_is_kept() -> None:
    kept: list[Path] = [*ROOT.glob("uv.lock"), *ROOT.glob("pylock*.toml"), *ROOT.glob("**/package-lock.json")]
    assert kept == []


def test_runtime_requirements_are_the_declared_dependencies() -> None:
    assert {name: str(r.specifier) for name, r in _inputs("runtime").items()} == {
        name: str(r.specifier) for name, r in _declared().items()
    }


@pytest.mark.parametrize("name", _LOCKS)
def test_locked_versions_satisfy_what_was_asked_for(name: str) -> None:
    locked = _locked(name)
    asked = _inputs(name) if name == "soak" else _inputs("runtime") | _inputs(name)
    unmet = {
        package: locked.get(package)
        for package, requirement in asked.items()
        if package not in locked or not requirement.specifier.contains(locked[package])
    }
    assert unmet == {}


def test_development_installs_the_very_versions_that_run() -> None:
    assert _locked("runtime").items() <= _locked("dev").items()


def test_the_long_runs_change_no_version_of_the_tests_and_nothing_else_installs_them() -> None:
    dev, soak = _locked("dev"), _locked("soak")
    assert {package: soak[package] for package in soak.keys() & dev.keys()}.items() <= dev.items()
    assert "mutmut" in soak.keys() - dev.keys()


def test_grpc_floors_equal_the_generator_pin_because_generated_code_refuses_older() -> None:
    generator = _locked("dev")["grpcio-tools"]
    declared = _declared()
    assert [_floor(declared[name]) for name in ("grpcio", "grpcio-status", "grpcio-health-checking")] == [
        generator
    ] * 3


def test_protobuf_floor_equals_what_the_generated_code_was_made_by() -> None:
    generated = sorted((ROOT / "proto" / "rogatory" / "v1").glob("*_pb2.py"))
    made_by = {
        match[1]
        for path in generated
        if (match := re.search(r"^# Protobuf Python Version: (\S+)$", path.read_text(), re.MULTILINE))
    }
    assert made_by == {_floor(_declared()["protobuf"])}


def test_the_build_back_end_in_use_is_the_one_declared() -> None:
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    (back_end,) = [Requirement(text) for text in required]
    assert back_end.specifier.contains(_locked("dev")[back_end.name])
