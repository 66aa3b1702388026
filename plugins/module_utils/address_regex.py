# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regular expressions for the addresses of a network, as CloudTrail prints them, in what filter patterns allow.

Filter patterns know no groups, so a network is a list of alternatives, each anchored at its start.
"""

from __future__ import annotations

import ipaddress
import itertools
import string
import typing as t

# In quotes, because ansible-test reads module_utils as Python 3.8, which cannot evaluate it.
Network: t.TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

_DIGITS = string.digits + "abcdef"


class AddressRegexError(ValueError):
    """A network that no regular expression of a filter pattern can tell from its neighbours."""


def number_alternatives(low: int, high: int, base: int) -> list[str]:
    """Expressions that together match the numbers from low to high, written without leading zeros."""
    result = []
    while low <= high:
        digits = _written(low, base)
        longest = base ** len(digits) - 1
        result += _same_length(digits, _written(min(high, longest), base), base)
        low = longest + 1
    return result


def _written(number: int, base: int) -> str:
    return format(number, "x" if base == 16 else "d")


def _same_length(low: str, high: str, base: int) -> list[str]:
    if low == high:
        return [low]
    if low[0] == high[0]:
        return [low[0] + rest for rest in _same_length(low[1:], high[1:], base)]
    last = _DIGITS[base - 1]
    length = len(low) - 1
    first, end = _DIGITS.index(low[0]), _DIGITS.index(high[0])
    before, after = [], []
    if low[1:] != "0" * length:
        before = [low[0] + rest for rest in _same_length(low[1:], last * length, base)]
        first += 1
    if high[1:] != last * length:
        after = [high[0] + rest for rest in _same_length("0" * length, high[1:], base)]
        end -= 1
    middle = [_class(first, end) + _class(0, base - 1) * length] if first <= end else []
    return before + middle + after


def _class(first: int, last: int) -> str:
    if first == last:
        return _DIGITS[first]
    parts = [(max(first, low), min(last, high)) for low, high in ((0, 9), (10, 15))]
    return (
        "["
        + "".join(
            _DIGITS[low] if low == high else f"{_DIGITS[low]}-{_DIGITS[high]}" for low, high in parts if low <= high
        )
        + "]"
    )


def network_alternatives(network: Network) -> list[str]:
    """Expressions of which one matches exactly when the text is an address in the network.

    Raises AddressRegexError for a network that holds every address, and for IPv6 networks whose shortened spelling
    (C(::)) does not show where the network ends.
    """
    if network.prefixlen == 0:
        raise AddressRegexError("it holds every address")
    if isinstance(network, ipaddress.IPv4Network):
        return _ipv4(network)
    return _ipv6(network)


def _ipv4(network: ipaddress.IPv4Network) -> list[str]:
    octets = list(network.network_address.packed)
    full, rest = divmod(network.prefixlen, 8)
    fixed = "".join(rf"{octet}\." for octet in octets[:full])
    if full == 4:
        return [f"^{fixed.removesuffix(chr(92) + '.')}$"]
    if not rest:
        return [f"^{fixed}"]
    low = octets[full]
    end = "$" if full == 3 else r"\."
    return [f"^{fixed}{part}{end}" for part in number_alternatives(low, low + 2 ** (8 - rest) - 1, 10)]


def _ipv6(network: ipaddress.IPv6Network) -> list[str]:
    if network.prefixlen == 128:
        return [f"^{network.network_address.compressed}$"]
    groups = [int(group, 16) for group in network.network_address.exploded.split(":")]
    position, rest = divmod(network.prefixlen - 1, 16)
    low = groups[position]
    high = low + 2 ** (15 - rest) - 1
    before = groups[:position]
    zeros = _zeros_at_end(before)
    head = before[: len(before) - zeros]
    if _adjacent_zeros(head) or not (head or (low and not zeros)) or zeros + (low == 0) > (2 if low == 0 else 1):
        raise AddressRegexError("its shortened spelling does not show where it ends")
    last = position == 7
    if last and low == 0 and zeros:
        raise AddressRegexError("its shortened spelling does not show where it ends")
    written = "^" + "".join(f"{group:x}:" for group in before)
    end = "$" if last else ":"
    result = [f"{written}{part}{end}" for part in number_alternatives(low, high, 16)]
    if low == 0 and not last:
        # A zero at the end of the network may be swallowed by the shortening of what follows it.
        result.append("^" + "".join(f"{group:x}:" for group in head) + ":")
    return result


def _zeros_at_end(groups: t.Sequence[int]) -> int:
    count = 0
    while count < len(groups) and groups[-1 - count] == 0:
        count += 1
    return count


def _adjacent_zeros(groups: t.Sequence[int]) -> bool:
    return any(first == second == 0 for first, second in itertools.pairwise(groups))
