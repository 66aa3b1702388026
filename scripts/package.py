# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the collection and uses the built one as after an installation from Galaxy: plan, apply, plan again."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from scripts.emulated import BIN, INVENTORY, ROOT, playbook
from tests.emulator.process import EmulatorProcess

PLAYBOOK = "secops.aws_baseline.baseline"
NEEDED = {"CHANGELOG.md", "LICENSES/GPL-3.0-or-later.txt", "README.md", "meta/runtime.yml", "playbooks/baseline.yml"}
DIRECTORIES = ("LICENSES/", "changelogs/", "docs/", "meta/", "playbooks/", "plugins/", "roles/")
FILES = {"FILES.json", "MANIFEST.json", "REUSE.toml"} | {
    f"{name}.md" for name in ("CHANGELOG", "CODE_OF_CONDUCT", "CONTRIBUTING", "README", "SECURITY")
}


def galaxy(directory: Path, *arguments: str) -> None:
    """Run ansible-galaxy in a directory, away from the checkout, whose ansible.cfg and collections would count."""
    subprocess.run([BIN / "ansible-galaxy", "collection", *arguments], check=True, cwd=directory)


def check_contents(archive: Path) -> None:
    """SystemExit when the archive has what it should not have, or lacks what it should have."""
    with tarfile.open(archive) as contents:
        names = {member.name for member in contents if member.isfile()}
    print(f"{archive.name}: {len(names)} files, {archive.stat().st_size // 1024} KiB")
    if unwanted := sorted(name for name in names - FILES if not name.startswith(DIRECTORIES) or name.endswith(".pyc")):
        raise SystemExit(f"The archive should not contain {', '.join(unwanted)}.")
    if missing := sorted(NEEDED - names):
        raise SystemExit(f"The archive lacks {', '.join(missing)}.")


def main() -> int:
    with tempfile.TemporaryDirectory() as name, EmulatorProcess() as emulator:
        directory = Path(name)
        galaxy(directory, "build", str(ROOT))
        (archive,) = directory.glob("*.tar.gz")
        check_contents(archive)
        # Without its dependencies, which Galaxy would have to be asked for: amazon.aws is found beside ansible-core.
        galaxy(directory, "install", archive.name, "--no-deps", "--offline", "--collections-path", "installed")
        shutil.copytree(INVENTORY, directory / "project" / "inventory")

        def baseline(*arguments: str) -> int:
            collections = {"ANSIBLE_COLLECTIONS_PATH": str(directory / "installed")}
            return playbook(emulator, PLAYBOOK, "-i", "inventory", *arguments, cwd=directory / "project", **collections)

        planned, changed, left = baseline("--check"), baseline(), baseline("--check")
    if not planned == changed > left == 0:
        raise SystemExit(f"Tasks with changes: {planned} planned, {changed} made, {left} left over.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
