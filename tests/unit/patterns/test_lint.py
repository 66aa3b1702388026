# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the linter says of mistakes that were published, and that it says nothing of what is right."""

from __future__ import annotations

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import lint, parse
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.linting import CODES
from tests.support.catalogue import shipped_filters

EC2 = '$.eventSource = "ec2.amazonaws.com"'


@pytest.mark.parametrize(
    ("pattern", "codes"),
    [
        # what is right
        (f'{{ ({EC2}) && (($.eventName = "CreateRoute") || ($.eventName = "DeleteRoute")) }}', []),
        (f'{{ ({EC2}) && ($.eventName = "Create*") && ($.eventName != "CreateTags") }}', []),
        ('{ ($.x NOT EXISTS) || (($.x != "a") && ($.x != "b")) }', []),
        ('{ ($.x = "a*") && ($.x != "ab") }', []),
        ("{ ($.x = *) && ($.x != 5) }", []),
        ('{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) }', []),
        ("{ $.requestParameters.force IS TRUE }", []),
        ('{ ($.eventName = "ConsoleLogin") && ($.responseElements.ConsoleLogin = "Failure") }', []),
        ('{ $.requestParameters.groupSet.items[0].groupId = "*" }', []),
        ("{ ($.latency > 5) && ($.latency <= 6) && ($.latency != 6) }", []),
        ('{ $.sourceIPAddress != "111.222.3.*" }', []),
        ("{ $.status = 4* }", []),
        ("{ ($.a[*] = 1) && ($.a[*] = 2) }", []),
        ("[ip, ..., status = 4* && status != 404 && status < 450]", []),
        ("?ERROR ?WARN", []),
        ("ERROR -Exiting", []),
        # absent fields
        ('{ $.x != "a" }', ["absent-field"]),
        ('{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }', ["absent-field"]),
        ('{ ($.y NOT EXISTS) || ($.x != "a") }', ["absent-field"]),
        ('{ $.eventType != "AwsServiceEvent" }', []),
        # what cannot be
        ('{ ($.x = "a") && ($.x = "b") }', ["contradiction"]),
        ('{ ($.x = "a*") && ($.x = "b*") }', ["contradiction"]),
        ('{ ($.x = "*a") && ($.x = "*b") }', ["contradiction"]),
        ('{ ($.x = "ab") && ($.x != "a*") }', ["contradiction"]),
        ('{ ($.x = "a") && ($.x = 5) }', ["contradiction"]),
        ("{ ($.x NOT EXISTS) && ($.x = 5) }", ["contradiction"]),
        ("{ ($.x NOT EXISTS) && ($.x.y = 5) }", ["contradiction"]),
        ("{ ($.x IS TRUE) && ($.x IS FALSE) }", ["contradiction"]),
        ("{ ($.x > 5) && ($.x < 5) }", ["contradiction"]),
        ("{ ($.x >= 5) && ($.x < 5) }", ["contradiction"]),
        ("{ ($.x = 5) && ($.x != 5) }", ["contradiction"]),
        ('{ ($.x = "a") && (($.x = "b") || ($.x = "c")) }', ["contradiction", "contradiction"]),
        ('{ ($.x = "a") && (($.x = "b") || ($.x = "a*")) }', ["contradiction"]),
        ("[a, b > 5 && b < 3]", ["contradiction"]),
        ('x -" "', ["contradiction"]),
        # what is superfluous
        ('{ ($.x = "a") || ($.x = "a") }', ["duplicate"]),
        (f'{{ ({EC2}) && (($.eventName = "Create*") || ($.eventName = "CreateVpc")) }}', ["subsumed"]),
        ('{ ($.x = *) && ($.x != "Get*") && ($.x != "GetUser") }', ["subsumed", "subsumed"][:1]),
        ("ERROR ?WARN", ["unused-term"]),
        ("ERROR ERROR", ["duplicate"]),
        ("", ["matches-everything"]),
        ("[]", ["matches-everything"]),
        ("{ $.x = %a*% }", ["matches-everything"]),
        # what has another meaning
        ('{ $.x = "a*b" }', ["middle-wildcard"]),
        ('"a*b"', ["middle-wildcard"]),
        ('{ $.x = "%a%" }', ["quoted-regex"]),
        ("{ $.requestParameters.force = true }", ["boolean-text"]),
        ('{ $.readOnly = "false" }', ["boolean-text"]),
        ("{ $.userIdentity.sessionContext.attributes.mfaAuthenticated IS TRUE }", ["never-true"]),
        ("{ $.recipientAccountId = 123456789012 }", ["number-of-text"]),
        ("{ $.requestParameters.instancesSet.items[0].instanceId = i-1 }", ["first-element", "unquoted"]),
        ('{ $.sourceIPAddress != "111.222.3*" }', ["part-of-number"]),
        ('{ $.sourceIPAddress != "11.22.33.01" }', ["unlikely-value"]),
        ('{ $.eventName = "CreateRoute" }', ["no-event-source"]),
        (f'{{ ({EC2}) && ($.eventName = "CreateVPC") }}', ["unlikely-value"]),
        (f'{{ ({EC2}) && ($.eventName = "Create Vpc") }}', ["unlikely-value"]),
        ('{ $.eventSource = "ec2" }', ["unlikely-value"]),
        ('{ $.eventSource = "ec2.amazonaws.com.cn" }', ["unlikely-value"]),
        ('{ $.userIdentity.type = "root" }', ["unlikely-value"]),
        # T-13, as published
        (
            '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failedauthentication") }',
            ["unlikely-value"],
        ),
        # CIS 1.3 4.1, CIS 3.0 4.1 and a copy of CIS 4.13, as published
        (
            '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") || '
            '($.sourceIPAddress!="delivery.logs.amazonaws.com") || ($.eventName!="HeadBucket") }',
            ["or-of-exclusions", "or-of-exclusions"],
        ),
        (
            '{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") && '
            '($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }',
            ["mixed-operators"],
        ),
        (
            "{($.eventSource = ec2.amazonaws.com) && ($.eventName = CreateRoute) || ($.eventName = DeleteRoute) }",
            ["mixed-operators", "no-event-source"],
        ),
        # what is no pattern
        ("{ $.userIdentity.type = \u201cRoot\u201d }", ["syntax"]),
        ("{ $.x = %a% || $.x = %b% || $.x = %c% }", ["limit"]),
        ('{ $.x = "' + "a" * 1024 + '" }', ["limit"]),
        ('{ $.x = "' + "a" * 1000 + '" }', ["near-limit"]),
    ],
)
def test_findings(pattern: str, codes: list[str]) -> None:
    assert [finding.code for finding in lint(pattern)] == codes
    assert set(codes) <= set(CODES)


def test_findings_have_their_place() -> None:
    text = '{ ($.eventSource = "ec2.amazonaws.com") && ($.eventName = "CreateVPC") }'
    (finding,) = lint(text)
    assert text[finding.position or 0 :].startswith('$.eventName = "CreateVPC"')
    assert "CreateVpc" in finding.message
    assert lint(parse(text)) == [finding]


# Findings that are meant, by filter.
MEANT = {
    "UnauthorisedCallAccess": {"subsumed"},  # scanners look for the narrower AccessDenied* of CIS 4.1, too
    "LargeInstance": {"first-element"},  # all instances of one launch are of one type
    "SecurityGroupCreateDel": {"no-event-source"},  # those of RDS, ElastiCache and Redshift are asked for as well
    # texts of CIS that Security Hub compares literally
    "CIS-4.2": {"absent-field"},
    "CIS-4.5": {"no-event-source"},
    "CIS-4.10": {"no-event-source"},
    "CIS-4.11": {"no-event-source"},
    "CIS-4.12": {"no-event-source"},
    "CIS-4.14": {"no-event-source"},
}


def test_the_catalogue_is_clean() -> None:
    found, accepted = {}, {}
    for item in shipped_filters():
        codes = {finding.code for finding in lint(item["pattern"])}
        if codes:
            found[item["name"]] = codes
            accepted[item["name"]] = codes & set(item.get("accepted_findings", []))
    assert found == MEANT
    assert accepted == found
