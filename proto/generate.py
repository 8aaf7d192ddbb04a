# SPDX-License-Identifier: Apache-2.0
"""Generates the Python code of the wire schema with the pinned generators, or checks that it is up to date.

Run by `make proto`, and by `make check` with `--check`. It reads every `.proto` file under `proto/rogatory/v1` and
writes `*_pb2.py`, `*_pb2.pyi` and, for files that declare a service, `*_pb2_grpc.py` and `.pyi` beside it. The
same pins give the same bytes, so `--check` generates into a temporary folder and compares. It is not needed to
install or run anything: the generated code is committed.
"""

import argparse
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

PROTO_ROOT = Path(__file__).resolve().parent
PACKAGE = Path("rogatory", "v1")
GENERATED = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "*_pb2_grpc.pyi")


class GenerationError(Exception):
    """A generator is missing or refused the schema; its own words are on standard error."""


def sources() -> list[str]:
    """Returns the schema files, as sorted paths relative to `proto/`."""
    return sorted(path.relative_to(PROTO_ROOT).as_posix() for path in (PROTO_ROOT / PACKAGE).glob("*.proto"))


def generated(root: Path) -> dict[str, bytes]:
    """Returns the generated files below `root`, relative path to content."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for pattern in GENERATED
        for path in (root / PACKAGE).glob(pattern)
    }


def _plugin(name: str) -> str:
    """Returns the option that names a generator of this very environment, whatever PATH says."""
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    if found is None:
        raise GenerationError(f"{name} is not in this environment; run make setup")
    return f"--plugin={name}={found}"


def _includes() -> list[str]:
    """Returns the import paths: ours, the compiler's own well-known types, and google/rpc."""
    well_known = next(iter(import_module("grpc_tools").__path__)) + "/_proto"
    # google.rpc is the shipped package that carries its .proto files; two levels up is its import root.
    google_rpc = Path(next(iter(import_module("google.rpc").__path__))).parents[1]
    return [f"-I{PROTO_ROOT}", f"-I{well_known}", f"-I{google_rpc}"]


def _protoc(*arguments: str) -> None:
    """Runs the compiler in this process; raises GenerationError when it refuses."""
    if protoc.main(["protoc", *_includes(), *arguments]) != 0:
        raise GenerationError("the schema does not compile")


def _with_services(files: Sequence[str], scratch: Path) -> list[str]:
    """Returns those of `files` that declare a service, asked of the compiler and not of a pattern."""
    image = scratch / "schema.binpb"
    _protoc(f"--descriptor_set_out={image}", *files)
    schema = FileDescriptorSet.FromString(image.read_bytes())
    return [file.name for file in schema.file if file.service]


def generate(out: Path) -> None:
    """Writes the code of the whole schema below `out`.

    Args:
        out: folder that receives `rogatory/v1/...`; it must exist.

    Raises:
        GenerationError: if a generator is missing or the schema does not compile.
    """
    files = sources()
    if not files:
        return
    with tempfile.TemporaryDirectory() as scratch:
        services = _with_services(files, Path(scratch))
    _protoc(_plugin("protoc-gen-mypy"), f"--python_out={out}", f"--mypy_out=quiet:{out}", *files)
    if services:
        # Only these: the plug-in would write an empty module for every other file.
        _protoc(
            _plugin("protoc-gen-mypy_grpc"),
            f"--grpc_python_out={out}",
            f"--mypy_grpc_out=quiet:{out}",
            *services,
        )


def drift() -> list[str]:
    """Returns the generated files that are missing, left over or different from a fresh generation."""
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        fresh = generated(Path(scratch))
    committed = generated(PROTO_ROOT)
    return sorted(name for name in fresh.keys() | committed.keys() if fresh.get(name) != committed.get(name))


def regenerate() -> int:
    """Replaces the generated code beside the schema and returns how many files there are."""
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        fresh = generated(Path(scratch))
    for name in generated(PROTO_ROOT).keys() - fresh.keys():
        (PROTO_ROOT / name).unlink()
    for name, content in fresh.items():
        (PROTO_ROOT / name).write_bytes(content)
    return len(fresh)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns 0, or 1 on drift or refusal."""
    parser = argparse.ArgumentParser(description="Generate the Python code of the wire schema.")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail if generated code is stale"
    )
    options = parser.parse_args(argv)
    try:
        if not options.check:
            print(f"generated {regenerate()} files from {len(sources())} schema files")
            return 0
        stale = drift()
    except GenerationError as error:
        print(f"proto/generate.py: {error}", file=sys.stderr)
        return 1
    for name in stale:
        print(f"stale: proto/{name} (run make proto)", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
