# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""May an AWS service deliver to, or use, what its caller names: buckets, keys, topics, log groups and roles.

Several services ask the same questions before they accept a configuration; each gives its own error for a no.
"""

from __future__ import annotations

import json
from typing import Any

from moto.backends import get_backend
from moto.s3.models import FakeBucket

from .. import policies
from ..policies import Context
from ..registry import SERVICES, Scope
from . import s3

USABLE_KEY_STATES = ("Enabled",)


def bucket_allows(bucket: FakeBucket, service: str, action: str, resource: str, context: Context) -> bool:
    return policies.allows(s3.policy_of(bucket), service, action, resource, context)


def find_key(reference: str, scope: Scope) -> Any | None:
    """moto's key for a key id, key ARN, alias name or alias ARN; None when there is none."""
    account, region, name = scope.account, scope.region, reference
    if reference.startswith("arn:"):
        parts = reference.split(":", 5)
        if len(parts) < 6 or parts[2] != "kms":
            return None
        region, account, name = parts[3], parts[4], parts[5].removeprefix("key/")
    keys = get_backend("kms")[account][region].keys
    if name.startswith("alias/"):
        return next((key for key in keys.values() if name in key.aliases), None)
    return keys.get(name)


def key_allows(key: Any, service: str, actions: tuple[str, ...], context: Context) -> bool:
    """Whether the key's policy lets the service do all of the actions."""
    return all(policies.allows(key.policy, service, action, key.arn, context) for action in actions)


def find_topic(arn: str) -> Any | None:
    """The topic of that ARN."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "sns":
        return None
    return SERVICES["sns"].state(Scope(parts[4], parts[3])).topics.get(arn)


def topic_exists(arn: str) -> bool:
    return find_topic(arn) is not None


def topic_allows(arn: str, service: str, context: Context) -> bool:
    """Whether the topic exists and its policy lets the service publish to it."""
    topic = find_topic(arn)
    return topic is not None and policies.allows(topic.attributes["Policy"], service, "sns:Publish", arn, context)


def find_queue(arn: str) -> Any | None:
    """moto's queue of that ARN."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "sqs":
        return None
    return get_backend("sqs")[parts[4]][parts[3]].queues.get(parts[5])


def queue_allows(arn: str, service: str, context: Context) -> bool:
    """Whether the queue exists and its policy lets the service send to it."""
    queue = find_queue(arn)
    return queue is not None and policies.allows(queue.policy, service, "sqs:SendMessage", arn, context)


def find_role(arn: str) -> Any | None:
    """moto's role of that ARN."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    roles = get_backend("iam")[parts[4]][parts[1]].roles
    return next((role for role in roles.values() if role.arn == arn), None)


def role_trusts(role: Any, service: str, context: Context) -> bool:
    return policies.allows(role.assume_role_policy_document, service, "sts:AssumeRole", role.arn, context)


def role_statements(role: Any) -> list[dict[str, Any]]:
    """The statements of a role's own policies, inline and attached."""
    documents = [json.loads(text) for text in role.policies.values()]
    for policy in role.managed_policies.values():
        version = next(one for one in policy.versions if one.version_id == policy.default_version_id)
        documents.append(json.loads(version.document))
    return [one for document in documents for one in policies.as_list(document.get("Statement"))]


def role_allows(role: Any, action: str, resource: str, context: Context | None = None) -> bool:
    """Whether the role's own policies let it do the action."""
    return policies.allows({"Statement": role_statements(role)}, role.arn, action, resource, context)


def role_may_encrypt(role: Any, reference: str, scope: Scope) -> bool:
    """Whether a role may use the key that encrypts a topic, queue or stream; reference names it as in that account.

    AWS's own keys are for everybody of the account.
    """
    if "alias/aws/" in reference:
        return True
    key = find_key(reference, scope)
    if key is None or key.key_state not in USABLE_KEY_STATES:
        return False
    context: Context = {"kms:ResourceAliases": sorted(key.aliases)} if key.aliases else {}
    return all(
        role_allows(role, one, key.arn, context) and key_allows(key, role.arn, (one,), context)
        for one in ("kms:GenerateDataKey", "kms:Decrypt")
    )


def log_group_exists(name: str, scope: Scope) -> bool:
    return name in scope.moto("logs").groups
