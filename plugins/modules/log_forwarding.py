#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_forwarding
version_added: 0.1.0
short_description: Forward events of a log group to a function that tells people who did what, and to a stream
description:
  - Manages subscription filters of a log group together with what they need, a function with its role, log group and
    dead-letter queue, and a Kinesis stream with the role that may write to it. One task plans them together and writes
    them in the order in which they depend on each other.
  - The function is the collection's own. It reads CloudTrail's records, finds those that an alarm's patterns match, and
    publishes to the alarm's topics who did what, where, from where and when, with what came of it and what to do. It
    repeats no parameters of a call but names and ids, as others may be secrets.
  - Its code is made here, always the same bytes of the same options, so that an unchanged function is no change.
  - Every part is optional. What is not given is not touched, so that a part may exist already or be managed elsewhere.
author:
  - The secops.aws_baseline authors (@secops)
options:
  log_group_name:
    description: Name of the log group whose events are forwarded.
    type: str
    required: true
  subscription_filters:
    description:
      - What is forwarded to where. Subscription filters that are not listed are left alone.
      - AWS allows a log group two of them, and five filters with regular expressions, metric filters included.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the filter, 1 to 512 characters without C(:) and C(*).
        type: str
        required: true
      state:
        description: Whether the filter should exist.
        type: str
        choices: [present, absent]
        default: present
      pattern:
        description:
          - Which events are forwarded. Empty for all. A filter that is V(present) needs it.
          - A filter may forward too much to the function, which selects for itself.
        type: str
      destination_arn:
        description:
          - Where to. ARN of a function, a stream, a Firehose stream or a destination of another account.
          - A function that is not of O(function) must let CloudWatch Logs invoke it.
          - When omitted, the function of O(function).
        type: str
      role_arn:
        description:
          - Role by which CloudWatch Logs writes to a stream, as ARN. Not for functions and destinations.
          - When omitted for a stream, the role of O(stream_role).
        type: str
      distribution:
        description: How events are spread over the shards of a stream. A new filter has V(ByLogStream).
        type: str
        choices: [ByLogStream, Random]
  function:
    description: The function. What is not given is left as it is.
    type: dict
    suboptions:
      name:
        description: Name of the function, 1 to 64 letters, digits, hyphens and underscores.
        type: str
        required: true
      alarms:
        description: What the function looks for, and whom it tells.
        type: list
        elements: dict
        required: true
        suboptions:
          id:
            description: What the alarm is called.
            type: str
            required: true
          title:
            description: What has happened when an event matches.
            type: str
            required: true
          severity:
            description: How bad that is.
            type: str
            choices: [critical, high, medium, low]
            default: medium
          why:
            description: Why it matters.
            type: str
            default: ""
          runbook:
            description: What the person who is told does.
            type: str
            default: ""
          patterns:
            description: Filter patterns. An event that one of them matches is what the alarm is about.
            type: list
            elements: str
            required: true
          topics:
            description:
              - ARNs of the topics that are told. The role must be allowed to publish to them.
              - Mobile numbers get a short text, everybody else the whole.
            type: list
            elements: str
            required: true
      most_messages:
        description:
          - How many messages a topic gets of one batch of events, 1 to 100. Of those that exceed it there is one
            summary. Alike events of a batch, of the same caller, operation, outcome and source, are one message anyway.
        type: int
        default: 10
      role_arn:
        description:
          - Role of the function, as ARN.
          - When omitted, the role of O(role).
        type: str
      dead_letter_target_arn:
        description:
          - ARN of the queue or topic that gets batches of which not everything could be published. Empty for none, so
            that they are lost.
          - When omitted, the queue of O(queue).
        type: str
      runtime:
        description: Runtime of the function, a version of Python from 3.11 on.
        type: str
        default: python3.13
      architecture:
        description: Processor that the function runs on.
        type: str
        choices: [arm64, x86_64]
        default: arm64
      timeout:
        description: After how many seconds an invocation ends, 1 to 900.
        type: int
        default: 60
      memory_size:
        description: Memory in MB, 128 to 10240.
        type: int
        default: 256
      reserved_concurrent_executions:
        description:
          - How many batches are worked on at once, at most, out of the account's share. V(-1) to have no share.
        type: int
      description:
        description: What the function is for, up to 256 characters.
        type: str
      tags:
        description: Tags of the function. Others are removed.
        type: dict
  stream:
    description: A Kinesis data stream. What is not given is left as it is.
    type: dict
    suboptions:
      name:
        description: Name of the stream, 1 to 128 letters, digits, hyphens, dots and underscores.
        type: str
        required: true
      stream_mode:
        description: Whether AWS chooses the number of shards.
        type: str
        choices: [ON_DEMAND, PROVISIONED]
        default: ON_DEMAND
      shard_count:
        description: Number of shards, 1 to 500. Required for V(PROVISIONED), and for that only.
        type: int
      retention_period_hours:
        description: For how long events are kept, 24 to 8760 hours. A new stream has 24.
        type: int
      kms_key_id:
        description:
          - KMS key that encrypts the stream, as alias, key id or ARN. Empty for no KMS key.
          - The ARN of an alias names a key that in check mode need not be there yet.
        type: str
      tags:
        description: Tags of the stream. Others are removed.
        type: dict
extends_documentation_fragment:
  - secops.aws_baseline.log_group
  - secops.aws_baseline.role
  - secops.aws_baseline.role.stream_role
  - secops.aws_baseline.queue
  - secops.aws_baseline.wait
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.metric_filters
  - module: secops.aws_baseline.notification_topics
  - name: Filter pattern syntax
    description: Filter patterns of CloudWatch Logs.
    link: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

EXAMPLES = r"""
- name: Tell the security team who does something as root
  secops.aws_baseline.log_forwarding:
    region: eu-central-1
    log_group_name: /aws/cloudtrail/baseline
    subscription_filters:
      - name: baseline--root-access
        pattern: '{ $.userIdentity.type = "Root" }'
    function:
      name: baseline-log-forwarding
      alarms:
        - id: root-access
          title: The root user did something
          severity: critical
          runbook: Ask the owner of the root user. If it was nobody, follow the plan for incidents.
          patterns:
            - '{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) }'
          topics:
            - arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:infosec-email
    role:
      name: baseline-log-forwarding
      assume_role_policy:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: lambda.amazonaws.com
            Action: sts:AssumeRole
      inline_policies:
        forward:
          Version: '2012-10-17'
          Statement:
            - Effect: Allow
              Action: sns:Publish
              Resource: arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:infosec-email
            - Effect: Allow
              Action: sqs:SendMessage
              Resource: arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:baseline-log-forwarding
    queue:
      name: baseline-log-forwarding
      sqs_managed_sse_enabled: true

- name: Forward everything to the stream of the SIEM
  secops.aws_baseline.log_forwarding:
    region: eu-central-1
    log_group_name: /aws/cloudtrail/baseline
    subscription_filters:
      - name: baseline--siem
        pattern: ''
        destination_arn: arn:${AWS::Partition}:kinesis:${AWS::Region}:${AWS::AccountId}:stream/siem
        role_arn: arn:${AWS::Partition}:iam::${AWS::AccountId}:role/siem-writer
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
      type: AWS::Lambda::Function
      key: baseline-log-forwarding
      account_id: '123456789012'
      region: eu-central-1
      before:
        code: 0Oc1GYnLKJoFnwVWdTyWUdSnyYMWiOsvEOUkSoQNIks=
      after:
        code: OUkrbxtBGQL5dGHlDCl/b0KbLOGyv0X+imhDOkUb6r0=
      operations:
        - lambda:UpdateFunctionCode
errors:
  description: What failed. One failure does not keep other regions and resources from being put right.
  returned: when the credentials were accepted
  type: list
  elements: dict
  contains:
    account_id:
      description: The account in which it failed.
      type: str
    region:
      description: The region in which it failed.
      type: str
    code:
      description:
        - The error code as AWS returned it.
        - V(PrerequisiteFailed) if it was not tried because something that it needs failed before.
        - V(NotSettled) if AWS was still working on it after O(wait_timeout).
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
    - account_id: '123456789012'
      region: eu-central-1
      code: AccessDeniedException
      message: >-
        AWS::Logs::SubscriptionFilter /aws/cloudtrail/baseline|baseline--forwarding-1: logs:PutSubscriptionFilter in
        account 123456789012, region eu-central-1: AccessDeniedException: User is not authorized to perform
        logs:PutSubscriptionFilter
      type: AWS::Logs::SubscriptionFilter
      key: /aws/cloudtrail/baseline|baseline--forwarding-1
      operation: logs:PutSubscriptionFilter
      permission: logs:PutSubscriptionFilter
function_arn:
  description: ARN of the function.
  returned: when O(function) is given and the credentials were accepted
  type: str
  sample: arn:aws:lambda:eu-central-1:123456789012:function:baseline-log-forwarding
queue_arn:
  description: ARN of the queue.
  returned: when O(queue) is given and the credentials were accepted
  type: str
  sample: arn:aws:sqs:eu-central-1:123456789012:baseline-log-forwarding-dead-letters
stream_arn:
  description: ARN of the stream.
  returned: when O(stream) is given and the credentials were accepted
  type: str
  sample: arn:aws:kinesis:eu-central-1:123456789012:stream/baseline-security-events
"""

import dataclasses
import json
import re

from ansible_collections.secops.aws_baseline.plugins.module_utils import forwarder
from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_OPTIONS,
    WAIT_OPTIONS,
    Context,
    run_module,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import FilterPatternError, validate
from ansible_collections.secops.aws_baseline.plugins.module_utils.function_package import package
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import (
    ROLE_ARN,
    SAMPLE_SCOPE,
    check_wait,
    fields_of,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import iam, kinesis, kms, lambda_, logs, sqs
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

ALARM_OPTIONS = {
    "id": {"type": "str", "required": True},
    "title": {"type": "str", "required": True},
    "severity": {"type": "str", "choices": list(forwarder.SEVERITIES), "default": "medium"},
    "why": {"type": "str", "default": ""},
    "runbook": {"type": "str", "default": ""},
    "patterns": {"type": "list", "elements": "str", "required": True},
    "topics": {"type": "list", "elements": "str", "required": True},
}

FUNCTION_OPTIONS = {
    "name": {"type": "str", "required": True},
    "alarms": {"type": "list", "elements": "dict", "required": True, "options": ALARM_OPTIONS},
    "most_messages": {"type": "int", "default": 10},
    "role_arn": {"type": "str"},
    "dead_letter_target_arn": {"type": "str"},
    "runtime": {"type": "str", "default": "python3.13"},
    "architecture": {"type": "str", "choices": list(lambda_.ARCHITECTURES), "default": "arm64"},
    "timeout": {"type": "int", "default": 60},
    "memory_size": {"type": "int", "default": 256},
    "reserved_concurrent_executions": {"type": "int"},
    "description": {"type": "str"},
    "tags": {"type": "dict"},
}

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    **WAIT_OPTIONS,
    "log_group_name": {"type": "str", "required": True},
    "subscription_filters": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": logs.SUBSCRIPTION_OPTIONS,
    },
    "function": {"type": "dict", "options": FUNCTION_OPTIONS},
    "role": {"type": "dict", "options": iam.ROLE_OPTIONS},
    "queue": {"type": "dict", "options": sqs.QUEUE_OPTIONS},
    "log_group": {"type": "dict", "options": logs.LOG_GROUP_OPTIONS},
    "stream": {"type": "dict", "options": kinesis.STREAM_OPTIONS},
    "stream_role": {"type": "dict", "options": iam.ROLE_OPTIONS},
}

HANDLER = "forwarder.handler"
STATEMENT_ID = "AllowCloudWatchLogs"
RUNTIME = re.compile(r"python3\.(1[1-9]|[2-9]\d)")
TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}")
DEAD_LETTER_ARN = re.compile(r"arn:aws[a-z-]*:(sqs|sns):[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}")
MESSAGES = range(1, 101)

Options = dict[str, object]


def converge(context: Context) -> dict[str, object]:
    """Bring the subscription filters and all that they need, as far as given, to the declared state."""
    params = context.params
    check_wait(params)
    declared(params, SAMPLE_SCOPE)
    home = context.connection.home
    outcome = context.reconcile(kms.with_referenced(declared(params, home)))
    return context.result(outcome, **returned(params, home))


def declared(params: Options, home: Scope) -> list[Desired]:
    """All resources that the options declare in an account. Raises OptionError and BaselineError."""
    parts: list[Desired] = []
    if params["function"]:
        check_function(params["function"])
    if params["role"]:
        parts += iam.role(params["role"])
    if params["stream_role"]:
        parts += iam.role(params["stream_role"], "stream_role")
    if params["queue"]:
        parts.append(sqs.queue(params["queue"]))
    if params["log_group"]:
        parts.append(logs.log_group(params["log_group"]))
    if params["stream"]:
        parts.append(kinesis.stream(params["stream"]))
    filters = subscription_filters(params)
    if params["function"]:
        parts += function(params, [one for one in filters if one.state == "present"], parts, home)
    return parts + [dataclasses.replace(one, requires=needs(one, params)) for one in filters]


def needs(subscription: Desired, params: Options) -> tuple[tuple[str, str], ...]:
    """What of the options a subscription filter cannot be written without."""
    if subscription.state == "absent":
        return ()
    arn = subscription.fields["destination_arn"]
    if params["function"] and arn == function_arn(params):
        return ((lambda_.Permission.type, lambda_.permission_key(params["function"]["name"], STATEMENT_ID)),)
    stream, role = params["stream"], params["stream_role"]
    needed = [(kinesis.Stream.type, stream["name"])] if stream and arn.endswith(f":stream/{stream['name']}") else []
    if role and subscription.fields["role_arn"] == role_arn(role):
        needed.append((iam.Role.type, role["name"]))
    return tuple(needed)


def subscription_filters(params: Options) -> list[Desired]:
    """The subscription filters, completed by what else is declared."""
    group = params["log_group_name"]
    if not logs.LOG_GROUP_NAME.fullmatch(SAMPLE_SCOPE.substitute(group)):
        raise OptionError("log_group_name", group, "1 to 512 letters, digits and characters of ._-/#")
    filters = []
    for index, options in enumerate(params["subscription_filters"]):
        known = {}
        if params["function"] and options["destination_arn"] is None:
            known["destination_arn"] = function_arn(params)
        if params["stream_role"] and options["role_arn"] is None and ":kinesis:" in (options["destination_arn"] or ""):
            known["role_arn"] = role_arn(params["stream_role"])
        filters.append(logs.subscription(group, {**options, **known}, f"subscription_filters[{index}]"))
    return filters


def function_arn(params: Options) -> str:
    return "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:" + params["function"]["name"]


def role_arn(options: Options) -> str:
    return "arn:${AWS::Partition}:iam::${AWS::AccountId}:role" + (options["path"] or "/") + options["name"]


def function(params: Options, filters: list[Desired], parts: list[Desired], home: Scope) -> list[Desired]:
    """The function and, if a filter leads to it, the permission to invoke it. parts: what it may need."""
    options = params["function"]
    own_arn = home.substitute(function_arn(params))
    leading = {
        one.key.split("|", 1)[1]: one.fields["pattern"]
        for one in filters
        if home.substitute(one.fields["destination_arn"]) == own_arn
    }
    fields = {
        **fields_of(options, "alarms", "most_messages"),
        **{name: reference(params, name) for name in ("role_arn", "dead_letter_target_arn")},
        "handler": HANDLER,
        "code": code(options, leading, home),
    }
    kinds = (iam.Role.type, sqs.Queue.type, logs.LogGroup.type)
    needed = tuple((part.type, part.key) for part in parts if part.type in kinds and part.state == "present")
    made = [Desired(lambda_.Function.type, options["name"], fields, requires=needed)]
    if leading:
        key = lambda_.permission_key(options["name"], STATEMENT_ID)
        allowed = {
            "principal": "logs.${AWS::Region}.${AWS::URLSuffix}",
            "source_arn": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"
            + f"{params['log_group_name']}:*",
            "source_account": "${AWS::AccountId}",
        }
        requires = ((lambda_.Function.type, options["name"]),)
        made.append(Desired(lambda_.Permission.type, key, allowed, requires=requires))
    return made


def reference(params: Options, name: str) -> str | None:
    """An ARN that the function's options name, or that follows from what else is declared."""
    given = params["function"][name]
    if name == "role_arn":
        if given is None and params["role"]:
            return role_arn(params["role"])
        if not given or not ROLE_ARN.fullmatch(SAMPLE_SCOPE.substitute(given)):
            raise OptionError("function.role_arn", given, "the ARN of an IAM role, unless role is given")
        return given
    if given is None and params["queue"] and params["queue"]["state"] == "present":
        return "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:" + params["queue"]["name"]
    if given and not DEAD_LETTER_ARN.fullmatch(SAMPLE_SCOPE.substitute(given)):
        raise OptionError("function.dead_letter_target_arn", given, "the ARN of a queue or a topic")
    return given


def check_function(options: Options) -> None:
    """Refuse a function that AWS would refuse, or that would never tell anybody. Raises OptionError."""
    lambda_.check_function(options)
    check_alarms(options["alarms"])
    if not RUNTIME.fullmatch(options["runtime"]):
        raise OptionError("function.runtime", options["runtime"], "python3.11 or a later version of Python")
    if options["most_messages"] not in MESSAGES:
        allowed = f"{MESSAGES.start} to {MESSAGES.stop - 1}"
        raise OptionError("function.most_messages", options["most_messages"], allowed)


def check_alarms(alarms: list[Options]) -> None:
    """Refuse what would never tell anybody. Raises OptionError."""
    for index, alarm in enumerate(alarms):
        option = f"function.alarms[{index}]"
        if alarm["id"] in [other["id"] for other in alarms[:index]]:
            raise OptionError(f"{option}.id", alarm["id"], "an id that no other alarm has")
        for name in ("patterns", "topics"):
            if not alarm[name]:
                raise OptionError(f"{option}.{name}", [], "at least one")
        for pattern in alarm["patterns"]:
            try:
                validate(pattern)
            except FilterPatternError as error:
                raise OptionError(f"{option}.patterns", pattern, f"a filter pattern: {error}") from error
        for topic in alarm["topics"]:
            if not TOPIC_ARN.fullmatch(SAMPLE_SCOPE.substitute(topic)):
                raise OptionError(f"{option}.topics", topic, "the ARN of a topic")


def code(options: Options, filters: dict[str, str], home: Scope) -> object:
    """The function's code, with what it looks for."""
    settings = {"alarms": options["alarms"], "filters": filters, "most_messages": options["most_messages"]}
    text = json.dumps(home.substitute(settings), indent=1, ensure_ascii=False)
    return package(forwarder, {forwarder.SETTINGS: text})


def returned(params: Options, home: Scope) -> dict[str, str]:
    """The module's own return values, for those parts that are given."""
    values = {}
    if params["function"]:
        values["function_arn"] = function_arn(params)
    if params["queue"]:
        values["queue_arn"] = home.arn("sqs", params["queue"]["name"])
    if params["stream"]:
        values["stream_arn"] = home.arn("kinesis", f"stream/{params['stream']['name']}")
    return home.substitute(values)


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
