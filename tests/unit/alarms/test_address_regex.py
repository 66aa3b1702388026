# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network's expression matches exactly the addresses in it, as CloudTrail prints them."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.secops.aws_baseline.plugins.module_utils.address_regex import (
    AddressRegexError,
    network_alternatives,
    number_alternatives,
)


def matches(network: ipaddress.IPv4Network | ipaddress.IPv6Network, address: object) -> bool:
    return re.search("|".join(network_alternatives(network)), str(address)) is not None


@given(st.data(), st.sampled_from([10, 16]))
def test_number_ranges(data: st.DataObject, base: int) -> None:
    low = data.draw(st.integers(0, 0xFFFF))
    high = data.draw(st.integers(low, 0xFFFF))
    number = data.draw(st.integers(0, 0x11000) | st.sampled_from([low, high, max(low - 1, 0), high + 1]))
    expression = "|".join(f"^{part}$" for part in number_alternatives(low, high, base))
    assert (re.search(expression, format(number, "x" if base == 16 else "d")) is not None) == (low <= number <= high)


@given(st.integers(0, 2**32 - 1), st.integers(1, 32), st.integers(0, 2**32 - 1), st.integers(0, 31))
def test_ipv4(address: int, length: int, other: int, bit: int) -> None:
    network = ipaddress.IPv4Network((address, length), strict=False)
    near = ipaddress.IPv4Address(address ^ (1 << bit))
    for candidate in (network[0], network[-1], near, ipaddress.IPv4Address(other)):
        assert matches(network, candidate) == (candidate in network)


# Groups of zeros are where the shortened spelling is decided.
GROUPS = st.lists(st.sampled_from([0, 0, 1, 0xDB8, 0xFFFF]) | st.integers(0, 0xFFFF), min_size=8, max_size=8)


def number_of(groups: list[int]) -> int:
    return int("".join(f"{group:04x}" for group in groups), 16)


@given(GROUPS, st.integers(1, 128), GROUPS, st.integers(0, 127))
def test_ipv6(groups: list[int], length: int, other: list[int], bit: int) -> None:
    network = ipaddress.IPv6Network((number_of(groups), length), strict=False)
    try:
        network_alternatives(network)
    except AddressRegexError:
        assume(False)
    inside = ipaddress.IPv6Address(int(network[0]) | (number_of(other) & int(network.hostmask)))
    near = ipaddress.IPv6Address(int(inside) ^ (1 << bit))
    for candidate in (inside, near, network[0], network[-1], ipaddress.IPv6Address(number_of(other))):
        assert matches(network, candidate) == (candidate in network)


@pytest.mark.parametrize(
    "text",
    ["2001:db8::/32", "2001:db8:12:3400::/56", "2001:db8:0:0::/64", "2001:db8::/48", "2000::/3", "2001:db8::1/128"],
)
def test_common_ipv6_networks_can_be_expressed(text: str) -> None:
    assert network_alternatives(ipaddress.ip_network(text))


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "::/16", "2001:db8::/96"])
def test_networks_that_cannot_be_told_apart(text: str) -> None:
    with pytest.raises(AddressRegexError):
        network_alternatives(ipaddress.ip_network(text))
