# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon SNS: topics and who is subscribed to them."""

from __future__ import annotations

import collections.abc as c
import json
import re
import typing as t
import urllib.parse

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import (
    ROLE_ARN,
    SAMPLE_SCOPE,
    check_policy,
    fields_of,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Fields,
    Observed,
    Purge,
    ResourceType,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.kms import Key
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.sqs import expanded_key, key_arn
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

if t.TYPE_CHECKING:
    from ansible_collections.secops.aws_baseline.plugins.module_utils.reconcile import Outcome

PROTOCOLS = ("email", "email-json", "sms", "https", "sqs", "lambda", "firehose")

SUBSCRIPTION_OPTIONS: dict[str, t.Any] = {
    "protocol": {"type": "str", "required": True, "choices": list(PROTOCOLS)},
    "endpoint": {"type": "str", "required": True},
    "raw_message_delivery": {"type": "bool"},
    "subscription_role_arn": {"type": "str"},
}

TOPIC_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "display_name": {"type": "str"},
    "kms_master_key_id": {"type": "str"},
    "policy": {"type": "dict"},
    "tags": {"type": "dict"},
    "subscriptions": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": SUBSCRIPTION_OPTIONS,
        "required_if": [("protocol", "firehose", ["subscription_role_arn"])],
    },
    "purge_subscriptions": {"type": "bool", "default": False},
}
"""Suboptions of every option that declares a topic, documented in the fragment C(topic)."""

NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
LONGEST_DISPLAY_NAME = 100
RAW_PROTOCOLS = frozenset({"https", "sqs", "firehose"})
"""Protocols that know raw message delivery."""
CONFIRMED_PROTOCOLS = frozenset({"email", "email-json", "https"})
"""Protocols whose recipient must confirm before anything is delivered."""

EMAIL = re.compile(r"[^@\s|]+@[^@\s|]+\.[^@\s|]+")
USER_INFO = re.compile(r"(://)[^/?#]*@")
PHONE_NUMBER = re.compile(r"\+[1-9]\d{1,14}")
ENDPOINTS = {
    "email": (EMAIL, "an e-mail address"),
    "email-json": (EMAIL, "an e-mail address"),
    "sms": (PHONE_NUMBER, "a phone number in E.164 format, such as +4915112345678"),
    "sqs": (re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}"), "the ARN of a queue"),
    "lambda": (re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w$:-]+"), "the ARN of a function"),
    "firehose": (
        re.compile(r"arn:aws[a-z-]*:firehose:[a-z0-9-]+:\d{12}:deliverystream/[\w.-]+"),
        "the ARN of a delivery stream",
    ),
}

NOT_FOUND = frozenset({"NotFound", "NotFoundException"})
PENDING, DELETED = "PendingConfirmation", "Deleted"
"""What AWS says in place of a subscription's ARN."""

DEFAULT_POLICY_ACTIONS = (
    "SNS:GetTopicAttributes",
    "SNS:SetTopicAttributes",
    "SNS:AddPermission",
    "SNS:RemovePermission",
    "SNS:DeleteTopic",
    "SNS:Subscribe",
    "SNS:ListSubscriptionsByTopic",
    "SNS:Publish",
)


def default_policy(name: str) -> Fields:
    """The policy that AWS gives a topic without one: all that the topic's account allows. With pseudo parameters."""
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": list(DEFAULT_POLICY_ACTIONS),
                "Resource": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:" + name,
                "Condition": {"StringEquals": {"AWS:SourceOwner": "${AWS::AccountId}"}},
            }
        ],
    }


def subscription_key(topic: str, protocol: str, endpoint: str) -> str:
    """Key of a subscription. topic: its name."""
    return f"{topic}|{protocol}|{endpoint}"


def topics(items: list[Fields], option: str = "topics") -> list[Desired]:
    """What a list of options with TOPIC_OPTIONS declares. option: its name. Raises OptionError."""
    named = {f"{option}[{index}]": item for index, item in enumerate(items)}
    _refuse_passwords(named)
    return [desired for name, item in named.items() for desired in topic(item, name)]


def topic(options: Fields, option: str = "topic") -> list[Desired]:
    """The topic and the subscriptions that an option with TOPIC_OPTIONS declares. option: its name.

    An empty policy means AWS's default, because no topic is without a policy. Raises OptionError.
    """
    name = options["name"]
    _refuse_passwords({option: options})
    _check_topic(options, option)
    fields = fields_of(options, "subscriptions", "purge_subscriptions")
    if fields.get("policy") == {}:
        fields["policy"] = default_policy(name)
    if options["kms_master_key_id"]:
        fields["kms_master_key_id"] = key_arn(f"{option}.kms_master_key_id", options["kms_master_key_id"])
    subscriptions = [
        _subscription(name, item, f"{option}.subscriptions[{index}]")
        for index, item in enumerate(options["subscriptions"])
    ]
    needs = ((Key.type, options["kms_master_key_id"]),) if options["kms_master_key_id"] else ()
    declared = Desired(Topic.type, name, fields, options["state"], requires=needs)
    # those of a topic that is to go, go with it
    return [declared, *subscriptions] if options["state"] == "present" else [declared]


def purges(options: Fields) -> list[Purge]:
    """What an option with TOPIC_OPTIONS wants to be gone: the topic's subscriptions that it does not list."""
    if options["purge_subscriptions"] and options["state"] == "present":
        return [Purge(Subscription.type, f"{options['name']}|")]
    return []


def unconfirmed(outcome: Outcome) -> list[dict[str, str]]:
    """Declared subscriptions whose recipient has yet to confirm: C(topic), C(protocol), C(endpoint) of each.

    Those that the run made, or in check mode would make, count as well.
    """
    waiting = {
        address[2]
        for address, observed in outcome.observed.items()
        if address[1] == Subscription.type and observed.attributes["pending"]
    }
    for change in outcome.changes:
        if change["type"] == Subscription.type and change["action"] == "create":
            _topic, protocol, endpoint = change["key"].split("|")
            foreign = endpoint.startswith("arn:") and endpoint.split(":")[4] != change["account_id"]
            if protocol in CONFIRMED_PROTOCOLS or foreign:
                waiting.add(change["key"])
    return [dict(zip(("topic", "protocol", "endpoint"), key.split("|"), strict=True)) for key in sorted(waiting)]


def _check_topic(options: Fields, option: str) -> None:
    name, display_name = options["name"], options["display_name"]
    if not NAME.fullmatch(name):
        raise OptionError(f"{option}.name", name, "1 to 256 letters, digits, hyphens and underscores")
    if display_name and len(display_name) > LONGEST_DISPLAY_NAME:
        raise OptionError(f"{option}.display_name", display_name, f"up to {LONGEST_DISPLAY_NAME} characters")
    if options["policy"]:
        check_policy(f"{option}.policy", options["policy"], "resource", "sns_topic")


def _subscription(name: str, options: Fields, option: str) -> Desired:
    protocol, endpoint = options["protocol"], options["endpoint"]
    if protocol == "https":
        _check_url(endpoint, f"{option}.endpoint")
    else:
        pattern, allowed = ENDPOINTS[protocol]
        if not pattern.fullmatch(SAMPLE_SCOPE.substitute(endpoint)):
            raise OptionError(f"{option}.endpoint", endpoint, f"{allowed}, for the protocol {protocol}")
    if options["raw_message_delivery"] and protocol not in RAW_PROTOCOLS:
        allowed = f"false for the protocol {protocol}; true for {', '.join(sorted(RAW_PROTOCOLS))}"
        raise OptionError(f"{option}.raw_message_delivery", True, allowed)
    role = options["subscription_role_arn"]
    if role and (protocol != "firehose" or not ROLE_ARN.fullmatch(SAMPLE_SCOPE.substitute(role))):
        raise OptionError(f"{option}.subscription_role_arn", role, "the ARN of a role, for the protocol firehose only")
    fields = fields_of(options, "protocol", "endpoint")
    needs = ((Topic.type, name),)
    return Desired(Subscription.type, subscription_key(name, protocol, endpoint), fields, requires=needs)


def _check_url(endpoint: str, option: str) -> None:
    try:
        url = urllib.parse.urlsplit(endpoint)
        good = url.scheme == "https" and url.hostname and "|" not in endpoint
    except ValueError:
        good = False
    if not good:
        raise OptionError(option, endpoint, "a URL that begins with https://, for the protocol https")


def _refuse_passwords(topics: dict[str, Fields]) -> None:
    """Raise OptionError for URLs with user name and password. topics: by name of their option.

    First they are taken out of all options, because a result repeats these, and whoever reads it must not read them.
    """
    refused = {}
    for option, options in topics.items():
        for index, item in enumerate(options["subscriptions"]):
            censored = USER_INFO.sub(r"\1***@", item["endpoint"])
            if censored != item["endpoint"]:
                item["endpoint"] = refused[f"{option}.subscriptions[{index}].endpoint"] = censored
    for option, censored in refused.items():
        allowed = "a URL without user name and password, which AWS shows to everyone who may list subscriptions"
        raise OptionError(option, censored, allowed)


@register
class Topic(ResourceType):
    """A standard topic. Key: its name. Attributes: arn.

    Fields: display_name, kms_master_key_id (ARN of a key or alias; empty: none), policy (with statements), tags.
    """

    type = "AWS::SNS::Topic"
    service = "sns"
    after = ("AWS::KMS::Key",)
    policies = frozenset({"policy"})
    permissions = {
        "read": ("sns:GetTopicAttributes", "sns:ListTagsForResource"),
        "write": (
            "sns:CreateTopic",
            "sns:SetTopicAttributes",
            "sns:TagResource",
            "sns:UntagResource",
            "sns:DeleteTopic",
        ),
    }

    NAMES: t.ClassVar[dict[str, str]] = {
        "display_name": "DisplayName",
        "kms_master_key_id": "KmsMasterKeyId",
        "policy": "Policy",
    }
    """The fields that are attributes of a topic, and what AWS calls them."""

    def attributes(self, key: str, scope: Scope) -> Fields:
        return {"arn": scope.arn("sns", key)}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = in_parallel(lambda item: self._read_one(client, *item), wanted.items())
        return {name: observed for name, observed in zip(wanted, found, strict=True) if observed}

    def _read_one(self, client: Client, name: str, declared: Fields) -> Observed | None:
        attributes = self.attributes(name, client.scope)
        arn = attributes["arn"]
        answer = client.optional("GetTopicAttributes", NOT_FOUND, TopicArn=arn)
        if answer is None:
            return None
        fields = {field: answer["Attributes"].get(name) for field, name in self.NAMES.items()}
        fields["policy"] = json.loads(fields["policy"]) if fields["policy"] else None
        fields["kms_master_key_id"] = client.scope.substitute(expanded_key(fields["kms_master_key_id"]))
        if "tags" in declared:
            tags = client.call("ListTagsForResource", ResourceArn=arn)["Tags"]
            fields["tags"] = own_tags(boto3_tag_list_to_ansible_dict(tags))
        return Observed(fields, attributes)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters: Fields = {"Name": key}
        attributes = {name: _text(fields[field]) for field, name in self.NAMES.items() if fields.get(field)}
        if attributes:
            parameters["Attributes"] = attributes
        if fields.get("tags"):
            parameters["Tags"] = ansible_dict_to_boto3_tag_list(fields["tags"])
        return [Call("CreateTopic", parameters)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        arn = before.attributes["arn"]
        calls = [
            Call("SetTopicAttributes", {"TopicArn": arn, "AttributeName": name, "AttributeValue": _text(after[field])})
            for field, name in self.NAMES.items()
            if field in changed
        ]
        if "tags" in changed:
            calls += tag_calls(
                before.fields["tags"],
                after["tags"],
                lambda tags: Call("TagResource", {"ResourceArn": arn, "Tags": ansible_dict_to_boto3_tag_list(tags)}),
                lambda names: Call("UntagResource", {"ResourceArn": arn, "TagKeys": names}),
            )
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteTopic", {"TopicArn": before.attributes["arn"]})]


@register
class Subscription(ResourceType):
    """A subscription to a topic of the account. Key: C(subscription_key). Attributes: arn, pending.

    Fields: raw_message_delivery, subscription_role_arn. A subscription that its recipient has not confirmed yet is
    there: to make it again would send the request again, on every run. AWS forgets it after two days, and then it is
    made again. Until it is confirmed AWS neither tells its fields nor lets anyone delete it.
    """

    type = "AWS::SNS::Subscription"
    service = "sns"
    after = ("AWS::SNS::Topic", "AWS::SQS::Queue")
    propagation_errors = NOT_FOUND
    permissions = {
        "read": ("sns:ListSubscriptionsByTopic", "sns:GetSubscriptionAttributes"),
        # a subscription of the protocol firehose is handed its role
        "write": ("sns:Subscribe", "sns:SetSubscriptionAttributes", "sns:Unsubscribe", "iam:PassRole"),
    }

    NAMES: t.ClassVar[dict[str, str]] = {
        "raw_message_delivery": "RawMessageDelivery",
        "subscription_role_arn": "SubscriptionRoleArn",
    }
    """The fields that are attributes of a subscription, and what AWS calls them."""

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        # not one ListSubscriptions for all: it goes on to list those of topics that were deleted and made anew, and
        # does not list those that other accounts made
        topics = dict.fromkeys(key.split("|")[0] for key in [*wanted, *prefixes])
        found: dict[str, str] = {}
        for subscriptions in in_parallel(lambda name: self._of_topic(client, name), topics):
            found.update(subscriptions)
        kept = [
            (key, arn)
            for key, arn in found.items()
            if key in wanted or (arn != PENDING and key.startswith(tuple(prefixes)))
        ]
        observed = in_parallel(lambda item: self._observed(client, item[1], wanted.get(item[0], {})), kept)
        return {key: item for (key, _arn), item in zip(kept, observed, strict=True)}

    @staticmethod
    def _of_topic(client: Client, name: str) -> dict[str, str]:
        """The ARNs of a topic's subscriptions, or PENDING, by key."""
        arn = client.scope.arn("sns", name)
        listed = client.pages("ListSubscriptionsByTopic", "Subscriptions", NOT_FOUND, TopicArn=arn)
        return {
            subscription_key(name, item["Protocol"], item["Endpoint"]): item["SubscriptionArn"]
            for item in listed
            if item["SubscriptionArn"] != DELETED
        }

    def _observed(self, client: Client, arn: str, declared: Fields) -> Observed:
        if arn == PENDING:
            return Observed(dict(declared), {"pending": True})
        fields: Fields = {}
        if declared:
            answer = client.call("GetSubscriptionAttributes", SubscriptionArn=arn)["Attributes"]
            fields = {
                "raw_message_delivery": answer.get("RawMessageDelivery") == "true",
                "subscription_role_arn": answer.get("SubscriptionRoleArn"),
            }
        return Observed(fields, {"arn": arn, "pending": False})

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        name, protocol, endpoint = key.split("|")
        parameters: Fields = {
            "TopicArn": scope.arn("sns", name),
            "Protocol": protocol,
            "Endpoint": endpoint,
            "ReturnSubscriptionArn": True,
        }
        attributes = {name: _text(fields[field]) for field, name in self.NAMES.items() if fields.get(field)}
        if attributes:
            parameters["Attributes"] = attributes
        return [Call("Subscribe", parameters, {"arn": "SubscriptionArn"})]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        arn = before.attributes["arn"]
        return [
            Call(
                "SetSubscriptionAttributes",
                {"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": _text(after[field])},
            )
            for field, name in self.NAMES.items()
            if field in changed
        ]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("Unsubscribe", {"SubscriptionArn": before.attributes["arn"]})]


def _text(value: t.Any) -> str:
    """An attribute out of a field's value."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else value
