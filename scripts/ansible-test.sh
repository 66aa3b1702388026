#!/usr/bin/env bash
# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Run ansible-test from any checkout: scripts/ansible-test.sh sanity --local
#
# ansible-test works only inside of .../ansible_collections/secops/aws_baseline, with the collections it depends on in
# the same tree, so the checkout is copied into one. What it keeps below HOME (environments, mostly) goes to .cache.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin="$root/.venv/bin"
home="$root/.cache/ansible-test"

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
collection="$tree/ansible_collections/secops/aws_baseline"
mkdir -p "$collection"

# What is no part of the collection is left out: our own tests and scripts (ruff reads them), and the link below
# collections/, which would be a second copy of everything. So are files deleted but not yet committed.
cd "$root"
git ls-files -z --cached --others --exclude-standard -- . ':!tests/*/*' ':!tests/*.py' ':!scripts' ':!collections' |
    while IFS= read -r -d '' file; do
        if [ -e "$file" ]; then printf '%s\0' "$file"; fi
    done |
    tar --create --null --files-from=- | tar --extract --directory="$collection"

site_packages=$("$bin/python" -c 'import ansible_test; print(ansible_test.__path__[0].rpartition("/")[0])')
ln -s "$site_packages/ansible_collections/amazon" "$tree/ansible_collections/amazon"

# ansible-test bootstraps pip by a script that it downloads unless it has it in this cache. This one takes the pip
# that comes with Python to install the wanted pip from PyPI.
pip_version=$(sed -n "s/^ *pip='\([0-9.]*\)',$/\1/p" "$site_packages/ansible_test/_internal/python_requirements.py")
mkdir -p "$home/.ansible/test/cache"
cat >"$home/.ansible/test/cache/get_pip_${pip_version//./_}.py" <<'EOF'
import subprocess
import sys

arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.run([sys.executable, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *arguments], check=True)
EOF

# ansible-test passes neither PIP_* nor the user's configuration of pip on, a mirror for instance.
mkdir -p "$home/.config/pip"
{
    echo "[global]"
    { echo "quiet = 1" && "$bin/python" -m pip config list | sed -n "s/^\(:env:\|global\)\.\(.*\)='\(.*\)'$/\2 = \3/p"; } |
        awk '!seen[$1]++'
} >"$home/.config/pip/pip.conf"

cd "$collection"
python_version=$("$bin/python" -c 'import sys; print("{}.{}".format(*sys.version_info))')
HOME="$home" PATH="$bin:$PATH" "$bin/ansible-test" "$@" --python "$python_version" --color no
