# SPDX-License-Identifier: Apache-2.0
"""One way to write an identifier, and one way to read it aloud.

People write numbers with spaces, addresses with capitals and names with umlauts; what is committed to and searched for is
one spelling. ``one_spelling`` changes nothing but the way of writing, and never guesses a missing part: a country code,
a port or a service is asked for. ``spoken`` is for a voice and an eye, never for a machine.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

# No dash but the hyphen, and no slash: those make ranges, and a range must stay one to be refused.
_BETWEEN: Final = re.compile(r"[ \u00a0\u2007\u202f().\u2010\u2011-]")
_BLANKS: Final = re.compile(r"[ \u00a0\u2007\u202f-]")
# Types with a checksum or a check of all their characters: a slip of the hand shows by itself.
SELF_CHECKING: Final = frozenset({"iccid", "imei", "onion", "payment_account"})


def one_spelling(identifier_type: str, text: str) -> str:
    """Return an identifier as it is committed to; a value that cannot be read is returned as it is, to be refused."""
    composed = unicodedata.normalize("NFC", text.strip())
    spell = _SPELLINGS.get(identifier_type)
    return composed if spell is None else spell(composed)


def checks_itself(identifier_type: str, text: str, checksum: str = "") -> bool:
    """Tell whether one wrong character in a typed identifier would be noticed without typing it twice."""
    if identifier_type == "crypto_wallet":
        return not text.startswith("ethereum:") and text.partition(":")[0] in {
            "bitcoin",
            "litecoin",
            "tron",
            "dogecoin",
        }
    return bool(checksum) or identifier_type in SELF_CHECKING


def spoken(identifier_type: str, text: str) -> str:
    """Return an identifier in groups for reading aloud; empty where groups would not help."""
    if identifier_type in {"msisdn", "imsi", "iccid", "imei"}:
        sign = "+" if text.startswith("+") else ""
        return f"{sign}{_grouped(text.removeprefix('+'), 3)}"
    if identifier_type in {"payment_account", "onion", "vin"}:
        return _grouped(text, 4)
    if identifier_type == "crypto_wallet":
        chain, _, address = text.partition(":")
        return f"{chain}: {_grouped(address, 4)}"
    if identifier_type == "ip_port_time":
        host, _, port = text.rpartition(":")
        return f"{host} port {' '.join(port)}"
    return ""


def _grouped(text: str, size: int) -> str:
    """Return groups of one size; a last character alone joins the group before it."""
    groups = [text[i : i + size] for i in range(0, len(text), size)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return " ".join(groups)


def _digits(text: str) -> str:
    return _BETWEEN.sub("", text)


def _capitals(text: str) -> str:
    return _BLANKS.sub("", text).upper()


def _mac(text: str) -> str:
    bare = re.sub(r"[:.-]", "", text).lower()
    return ":".join(re.findall("..", bare)) if re.fullmatch("[0-9a-f]{12}", bare) else text


def _domain(text: str) -> str:
    """The ASCII form of a name (UTS 46, without transition), lower case, no dot at the end."""
    import idna  # noqa: PLC0415 - its tables are needed only here

    try:
        return idna.encode(text.rstrip("."), uts46=True).decode()
    except idna.IDNAError:
        return text.lower() if text.isascii() else text


def _email(text: str) -> str:
    local, at, domain = text.rpartition("@")
    return f"{local}{at}{_domain(domain)}" if local and domain else text


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def _address_and_port(text: str) -> str:
    """IPv6 in brackets in its short form; a bare IPv6 address has no port, and gets none."""
    host, colon, port = text.rpartition(":")
    if text.startswith("[") and host.endswith("]"):
        return f"[{_address(host[1:-1])}]{colon}{port}"
    return text


_SPELLINGS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "device_ad_id": str.lower,
        "domain": _domain,
        "email": _email,
        "iccid": _digits,
        "imei": _digits,
        "imsi": _digits,
        "ip_port_time": _address_and_port,
        "ip_time": _address,
        "mac": _mac,
        "msisdn": _digits,
        "onion": str.lower,
        "payment_account": _capitals,
        "vin": _capitals,
    }
)
