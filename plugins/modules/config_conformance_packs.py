#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_conformance_packs
version_added: 0.1.0
short_description: Manage conformance packs of an account or of an organization, in all regions
description:
  - Creates, changes and removes any number of AWS Config conformance packs in all enabled regions, and the bucket with
    their templates.
  - A pack of an organization is deployed by AWS to all of its accounts, those that join later too, and no account can
    change it. It is to be made in the organization's management account, or in the delegated administrator for
    C(config-multiaccountsetup.amazonaws.com). Each sees and manages only the packs that were made from it.
  - AWS Config does not tell the template of a pack. So a pack has a tag, C(secops.aws_baseline/template-sha256), with
    the hash of the template that was written last, by which templates are compared. A template that somebody else wrote
    without changing that tag is not noticed.
  - Every account needs a configuration recorder in the region. Where one is missing, the module fails after it has
    waited, and names the accounts. A pack whose deployment failed is written again by the next run.
author:
  - The secops.aws_baseline authors (@secops)
options:
  scope:
    description: Whether the packs are those of this account, or of the organization that this account administers.
    type: str
    choices: [account, organization]
    default: account
  packs:
    description: The packs. Packs that are not listed are left alone, unless O(purge) is set.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the pack, letters, digits and hyphens, starting with a letter.
          - Up to 256 characters for the account, up to 128 for the organization.
        type: str
        required: true
      state:
        description: Whether the pack should exist. With it its rules are deleted, but not its template.
        type: str
        choices: [present, absent]
        default: present
      template_body:
        description:
          - The template, as text. Pseudo parameters such as C(${AWS::Region}) in it are left to AWS.
          - Up to 51200 bytes, or 307200 when it is uploaded to O(bucket).
          - A pack that is V(present) needs one of this, O(packs[].template_file) and O(packs[].template_s3_uri).
        type: str
      template_file:
        description: Path of a file with the template, on the machine that the module runs on.
        type: path
      template_s3_uri:
        description:
          - Where the template is, such as V(s3://bucket/pack.yml), in a bucket of the region that these credentials may
            read.
          - What changes behind a URI that stays the same is not noticed.
        type: str
      template_s3_key:
        description:
          - Key by which the template is uploaded to O(bucket). The name of the pack and C(.yml) when omitted.
          - Not with O(packs[].template_s3_uri).
        type: str
      input_parameters:
        description: Parameters of the template, by name, up to 60. Values become text. Empty to have none.
        type: dict
      excluded_accounts:
        description: Accounts that do not get a pack of the organization, 12 digits each. Empty for none.
        type: list
        elements: str
      delivery_s3_bucket:
        description:
          - Bucket in which AWS Config keeps the templates that it makes of this one. Empty for a bucket of AWS's own.
          - For a pack of the organization its name starts with C(awsconfigconforms), and its policy lets the role
            C(AWSServiceRoleForConfigConforms) of every account read and write.
        type: str
      delivery_s3_key_prefix:
        description: What the keys in that bucket start with.
        type: str
      tags:
        description: Tags of the pack. Others are removed, but for the one with the hash of the template.
        type: dict
  purge:
    description: Whether to delete packs whose names start with O(purge_prefix) and are not listed.
    type: bool
    default: false
  purge_prefix:
    description:
      - What the names of the packs that are ours start with.
      - Required if O(purge) is V(true), and must not be empty.
      - Packs that AWS made for an organization are never deleted in its accounts.
    type: str
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - secops.aws_baseline.bucket
  - secops.aws_baseline.wait
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
notes:
  - AWS Config reads a template from a bucket of the pack's own region. So O(bucket) is made in every region and needs
    C(${AWS::Region}) in its name, unless O(regions) is a single one.
seealso:
  - module: secops.aws_baseline.config_organization_rules
  - module: secops.aws_baseline.config_rules
  - name: Creating templates for custom conformance packs
    description: What a template may hold.
    link: https://docs.aws.amazon.com/config/latest/developerguide/custom-conformance-pack.html
"""

EXAMPLES = r"""
- name: Deploy a pack to all accounts of the organization, from a template in a private bucket
  secops.aws_baseline.config_conformance_packs:
    region: eu-west-2
    regions: [eu-west-2]
    scope: organization
    bucket:
      name: acme-conformance-pack
      public_access_block: {}
      encryption:
        sse_algorithm: AES256
    packs:
      - name: SecurityServices
        template_file: security-services.yml
        template_s3_key: security-services.yml
        excluded_accounts:
          - '100000000099'

- name: Deploy a pack to every region of this account, without a bucket
  secops.aws_baseline.config_conformance_packs:
    region: eu-west-2
    packs:
      - name: Keys
        template_body: "{{ lookup('ansible.builtin.file', 'keys.yml') }}"
        input_parameters:
          maxAccessKeyAge: 45
    wait_timeout: 600
"""

RETURN = r"""
account_id:
  description: The account that was worked on.
  returned: when the credentials were accepted
  type: str
  sample: '123456789012'
changes:
  description:
    - What is not as declared, in the order in which it is put right.
    - In check mode what a run would do. Otherwise what was done, even if the module failed later.
  returned: when the credentials were accepted
  type: list
  elements: dict
  contains:
    action:
      description: What happens to the resource, one of V(create), V(update) and V(delete).
      type: str
    type:
      description: CloudFormation's name of the resource type.
      type: str
    key:
      description: What identifies the resource among those of its type in the region, usually its name.
      type: str
    account_id:
      description: The account that the resource belongs to.
      type: str
    region:
      description: The region of the resource, or V(global) for services without regions.
      type: str
    before:
      description: The values that change, as they were. All fields for V(delete), null for V(create).
      type: dict
    after:
      description: The values as declared. Null for V(delete).
      type: dict
    operations:
      description: The writing API calls, by service and operation.
      type: list
      elements: str
  sample:
    - action: update
      type: AWS::Config::OrganizationConformancePack
      key: SecurityServices
      account_id: '123456789012'
      region: eu-central-1
      before:
        input_parameters: {}
      after:
        input_parameters: {maxAccessKeyAge: '45'}
      operations:
        - config:PutOrganizationConformancePack
errors:
  description: What failed. One failure does not keep other regions and resources from being put right.
  returned: when the credentials were accepted
  type: list
  elements: dict
  contains:
    account_id:
      description: The account in which it failed, which may be another one of the organization.
      type: str
    region:
      description: The region in which it failed.
      type: str
    code:
      description:
        - The error code as AWS returned it.
        - V(PrerequisiteFailed) if it was not tried because something that it needs failed before.
        - V(NotAsRequired) if something that must be there already is missing or different.
        - V(NotSettled) if AWS had not done what was written within O(wait_timeout).
      type: str
    message:
      description: What failed, in words.
      type: str
    type:
      description: CloudFormation's name of the resource type.
      type: str
    key:
      description: What identifies the resource.
      returned: when one resource failed, not the reading of all
      type: str
    operation:
      description: The API call that failed, by service and operation.
      returned: when AWS refused a call
      type: str
    permission:
      description: The IAM action that was denied.
      returned: when access was denied
      type: str
    denied_by:
      description:
        - The kind of policy that denied it, such as V(service control policy), as far as AWS says so.
        - A permission that is merely missing is denied by none.
      returned: when a policy denied access
      type: str
  sample:
    - account_id: '100000000011'
      region: eu-central-1
      code: NoAvailableConfigurationRecorder
      message: >-
        AWS::Config::OrganizationConformancePack SecurityServices: CREATE_FAILED in account 100000000011, region
        eu-central-1: NoAvailableConfigurationRecorder: There is no configuration recorder available to record your
        resources.
      type: AWS::Config::OrganizationConformancePack
      key: SecurityServices
"""

import dataclasses
import pathlib
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_OPTIONS,
    REGIONS_OPTIONS,
    WAIT_OPTIONS,
    Context,
    run_module,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import (
    check_account_ids,
    check_purge,
    check_wait,
    fields_of,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.reconcile import Purge
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import config, config_organization, kms, s3
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired, Fields
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Verbatim

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    **REGIONS_OPTIONS,
    **WAIT_OPTIONS,
    "scope": {"type": "str", "choices": ["account", "organization"], "default": "account"},
    "packs": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "template_body": {"type": "str"},
            "template_file": {"type": "path"},
            "template_s3_uri": {"type": "str"},
            "template_s3_key": {"type": "str", "no_log": False},
            "input_parameters": {"type": "dict"},
            "excluded_accounts": {"type": "list", "elements": "str"},
            "delivery_s3_bucket": {"type": "str"},
            "delivery_s3_key_prefix": {"type": "str", "no_log": False},
            "tags": {"type": "dict"},
        },
        "required_if": [("state", "present", ["template_body", "template_file", "template_s3_uri"], True)],
        "mutually_exclusive": [
            ("template_body", "template_file", "template_s3_uri"),
            ("template_s3_key", "template_s3_uri"),
        ],
    },
    "bucket": {"type": "dict", "options": s3.BUCKET_OPTIONS},
    "purge": {"type": "bool", "default": False},
    "purge_prefix": {"type": "str"},
}

NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
KINDS = {
    "account": config_organization.ConformancePack.type,
    "organization": config_organization.OrganizationConformancePack.type,
}
LONGEST_NAME = {"account": 256, "organization": 128}
S3_URI = re.compile(r"s3://[^/]+/.+")
MOST_BODY_BYTES = 51200
MOST_OBJECT_BYTES = 300 * 1024
MOST_PARAMETERS = 60
MOST_PARAMETER_CHARACTERS = 4096
DELIVERY_PREFIX = "awsconfigconforms"
TEMPLATE_OPTIONS = ("template_body", "template_file", "template_s3_uri", "template_s3_key")


@dataclasses.dataclass(frozen=True)
class Pack:
    """A pack as declared. upload: the template's object in the bucket, if it is uploaded."""

    options: dict[str, t.Any]
    fields: Fields
    upload: Desired | None = None


def checked(params: dict[str, t.Any]) -> list[Pack]:
    """Refuse what AWS would refuse, and say what the packs are. Raises OptionError."""
    check_purge(params)
    check_wait(params)
    packs: list[Pack] = []
    for index, options in enumerate(params["packs"]):
        pack = _pack(options, f"packs[{index}]", params)
        if any(options["name"] == other.options["name"] for other in packs):
            raise OptionError(f"packs[{index}].name", options["name"], "a name that no other pack has")
        if pack.upload and any(pack.upload.key == other.upload.key for other in packs if other.upload):
            raise OptionError(f"packs[{index}].template_s3_key", options["template_s3_key"], "a key of its own")
        packs.append(pack)
    return packs


def _pack(options: dict[str, t.Any], option: str, params: dict[str, t.Any]) -> Pack:
    scope, name = params["scope"], options["name"]
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME[scope]:
        allowed = f"1 to {LONGEST_NAME[scope]} letters, digits and hyphens, starting with a letter"
        raise OptionError(f"{option}.name", name, allowed)
    if options["state"] == "absent":
        return Pack(options, {})
    option = f"{option} ({name})"
    fields = fields_of(options, *TEMPLATE_OPTIONS)
    if "input_parameters" in fields:
        fields["input_parameters"] = _parameters(fields["input_parameters"], f"{option}.input_parameters")
    _check_accounts(options["excluded_accounts"], f"{option}.excluded_accounts", scope)
    _check_delivery(options["delivery_s3_bucket"], f"{option}.delivery_s3_bucket", scope)
    if config_organization.FINGERPRINT_TAG in fields.get("tags", {}):
        raise OptionError(f"{option}.tags", config_organization.FINGERPRINT_TAG, "tags other than the module's own")
    template, upload = _template(options, option, params["bucket"])
    return Pack(options, {**fields, **template, "status": config_organization.SUCCESSFUL}, upload)


def _parameters(declared: dict[str, t.Any], option: str) -> dict[str, str]:
    if len(declared) > MOST_PARAMETERS:
        raise OptionError(option, sorted(declared), f"up to {MOST_PARAMETERS} parameters")
    for name, value in declared.items():
        if isinstance(value, (dict, list)) or len(str(value)) > MOST_PARAMETER_CHARACTERS:
            raise OptionError(f"{option}.{name}", value, f"text of up to {MOST_PARAMETER_CHARACTERS} characters")
    return config.input_parameters(declared)


def _check_accounts(accounts: list[str] | None, option: str, scope: str) -> None:
    if accounts and scope == "account":
        raise OptionError(option, accounts, "none, unless scope is organization")
    check_account_ids(option, accounts)


def _check_delivery(bucket: str | None, option: str, scope: str) -> None:
    if not bucket:
        return
    s3.check_name(option, bucket)
    if scope == "organization" and not bucket.startswith(DELIVERY_PREFIX):
        raise OptionError(option, bucket, f"a name that starts with {DELIVERY_PREFIX}, when scope is organization")


def _template(options: dict[str, t.Any], option: str, bucket: dict[str, t.Any] | None) -> tuple[Fields, Desired | None]:
    """The fields that say what the template is, and its object if it has to be uploaded."""
    uri = options["template_s3_uri"]
    if uri:
        if not S3_URI.fullmatch(uri):
            raise OptionError(f"{option}.template_s3_uri", uri, "such as s3://bucket/pack.yml")
        return {"template_s3_uri": uri, "template_sha256": config_organization.fingerprint(uri)}, None
    if options["template_s3_key"] and not bucket:
        raise OptionError(f"{option}.template_s3_key", options["template_s3_key"], "nothing, unless bucket is given")
    text = _text(options, option)
    most = MOST_OBJECT_BYTES if bucket else MOST_BODY_BYTES
    if not text.strip() or len(text.encode()) > most:
        allowed = f"a template of 1 to {most} bytes" + ("" if bucket else "; bucket allows more")
        name = "template_file" if options["template_file"] else "template_body"
        raise OptionError(f"{option}.{name}", f"{len(text.encode())} bytes", allowed)
    sha256 = config_organization.fingerprint(text)
    if not bucket:
        return {"template_body": Verbatim(text), "template_sha256": sha256}, None
    key = options["template_s3_key"] or f"{options['name']}.yml"
    upload = Desired(
        s3.Object.type,
        s3.object_key(bucket["name"], key),
        {"content": Verbatim(text)},
        requires=((s3.Bucket.type, bucket["name"]),),
    )
    return {"template_s3_uri": f"s3://{bucket['name']}/{key}", "template_sha256": sha256}, upload


def _text(options: dict[str, t.Any], option: str) -> str:
    path = options["template_file"]
    if not path:
        return options["template_body"]
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"{option}.template_file", path, f"a readable file with text ({error})") from error


def converge(context: Context) -> dict[str, object]:
    """Bring packs, and the bucket with their templates, to the declared state."""
    params = context.params
    packs = checked(params)
    bucket = s3.bucket(params["bucket"]) if params["bucket"] else None
    if bucket and len(params["regions"] or []) != 1 and "${AWS::Region}" not in bucket.key:
        raise OptionError("bucket.name", bucket.key, "a name with ${AWS::Region}, unless regions is a single one")
    regions = context.regions()
    kind = KINDS[params["scope"]]
    desired: list[Desired] = []
    for region in regions:
        uploads = [pack.upload for pack in packs if pack.upload]
        companions = [bucket, *uploads] if bucket else uploads
        desired += [dataclasses.replace(item, region=region) for item in companions]
        for pack in packs:
            requires = ((pack.upload.type, pack.upload.key),) if pack.upload else ()
            desired.append(Desired(kind, pack.options["name"], pack.fields, pack.options["state"], region, requires))
    purges = [Purge(kind, params["purge_prefix"], region) for region in regions if params["purge"]]
    return context.result(context.reconcile(kms.with_referenced(desired), purges))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
