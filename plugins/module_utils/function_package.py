# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployment package of a Lambda function, out of the collection's own modules.

A module of C(module_utils) becomes a function with all that it imports from the collection, as it is. The same modules
and files make the same bytes, so that AWS's C(CodeSha256) says whether a function is up to date.
"""

from __future__ import annotations

import ast
import base64
import collections.abc as c
import dataclasses
import functools
import hashlib
import io
import sys
import types
import zipfile

from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Verbatim

ROOT = __name__.rpartition(".")[0]
"""What the names of the collection's modules start with."""

LONG_AGO = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644 << 16


@dataclasses.dataclass(frozen=True)
class Package(Verbatim):
    """A deployment package. text: its SHA-256 as AWS tells it, which stands for the package wherever that is shown."""

    content: bytes = dataclasses.field(default=b"", repr=False)


def package(module: types.ModuleType, files: c.Mapping[str, str]) -> Package:
    """The package of a function whose handler is in I(module). It lies at the top, beside I(files) (name -> text)."""
    texts = {f"{module.__name__.rpartition('.')[2]}.py": source(module), **files}
    for name in sorted(imported(module)):
        is_package = hasattr(sys.modules[name], "__path__")
        texts[name.replace(".", "/") + ("/__init__.py" if is_package else ".py")] = source(sys.modules[name])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(texts):
            entry = zipfile.ZipInfo(path, LONG_AGO)
            entry.create_system = 3  # Unix, on whichever system this runs
            entry.external_attr = READABLE
            # stored, because compressors of different versions make different bytes of one text
            archive.writestr(entry, texts[path])
    digest = hashlib.sha256(content.getvalue()).digest()
    return Package(base64.b64encode(digest).decode(), content.getvalue())


@functools.cache
def source(module: types.ModuleType) -> str:
    """The text of a module, also of one that Ansible has packed up and sent elsewhere."""
    text = module.__spec__.loader.get_source(module.__name__)
    return text.decode() if isinstance(text, bytes) else text


def imported(module: types.ModuleType) -> set[str]:
    """Names of the collection's modules that a loaded module needs, directly or not, without its own."""
    found: set[str] = set()
    pending = [module.__name__]
    while pending:
        for name in _imports_of(sys.modules[pending.pop()]) - found:
            found.add(name)
            pending.append(name)
    return found - {module.__name__}


@functools.cache
def _imports_of(module: types.ModuleType) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source(module))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(ROOT):
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    # a module is found by way of the packages that it is in
    names.update(name.rpartition(".")[0] for name in list(names))
    return frozenset(name for name in names if name in sys.modules and name.startswith(f"{ROOT}."))
