# SPDX-License-Identifier: Apache-2.0
"""Guards the layout: one namespace in four roots, typed packages, a wheel that holds all of it. Not the imports."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.project import NAMESPACE_ROOTS, ROOT, project_files, python_files, relative


def _packages() -> list[Path]:
    """Returns the folders rogatory/NAME of the four roots."""
    return sorted(
        path
        for root in NAMESPACE_ROOTS
        for path in (ROOT / root / "rogatory").iterdir()
        if path.name != "__pycache__"
    )


def test_no_root_holds_an_init_that_would_hide_the_other_three() -> None:
    hiding = [
        relative(folder / "__init__.py")
        for root in NAMESPACE_ROOTS
        for folder in (ROOT / root, ROOT / root / "rogatory")
        if (folder / "__init__.py").exists()
    ]
    assert hiding == []


def test_the_namespace_holds_packages_only_and_each_once() -> None:
    names = [path.name for path in _packages()]
    assert sorted(names) == ["audit", "client", "packs", "protocol", "server", "v1"]


@pytest.mark.parametrize("package", _packages(), ids=lambda path: path.name)
def test_every_package_is_regular_and_typed(package: Path) -> None:
    assert (package / "__init__.py").is_file()
    assert (package / "py.typed").is_file()


def test_every_folder_of_modules_below_a_package_is_a_package() -> None:
    missing = {
        relative(path.parent)
        for path in python_files(*NAMESPACE_ROOTS)
        if "rogatory" in path.relative_to(ROOT).parts[:-2] and not (path.parent / "__init__.py").exists()
    }
    assert missing == set()


def test_all_six_packages_import_from_one_environment() -> None:
    names = [f"rogatory.{path.name}" for path in _packages()]
    code = f"import importlib; [importlib.import_module(name) for name in {names!r}]"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=os.sep)


def test_the_wheel_carries_code_schema_packs_and_type_marks(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = tmp_path.glob("rogatory-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())

    wanted = {
        path.relative_to(ROOT / root).as_posix()
        for root in NAMESPACE_ROOTS
        for path in project_files()
        if path.is_relative_to(ROOT / root / "rogatory")
        and path.suffix in {".py", ".pyi", ".proto", ".yaml", ".typed", ".sql"}
    }
    assert wanted - held == set()
    strays = {name for name in held if not name.startswith(("rogatory/", "rogatory-"))}
    assert strays == set()


def test_the_one_script_of_continuous_integration_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
