# SPDX-License-Identifier: Apache-2.0
"""Checks of single identifier types that a pattern cannot express: check digits, addresses, parts that are missing.

Canonical type names are those of regimes §7.1. The pack decides which types a regime allows and how they are written;
a type without a check here has its pack's pattern and checksum only. Everything here means the same on every machine and
in every year: what needs a table that changes (number plans, registries) is a question in ``plausibility``, never a
refusal. No value stands in an error.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
import urllib.parse
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.check_digits import iban, luhn
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import require
from rogatory.protocol.wallets import address_holds

_INCOMPLETE: Final = errors.X_IDENTIFIER_INCOMPLETE
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_DIGITS: Final = re.compile(r"[0-9]+")
_BRACKETED: Final = re.compile(r"\[([^\]]*)\](?::(.*))?", re.DOTALL)


def _digits(text: str, low: int, high: int, at: str) -> None:
    require(_DIGITS.fullmatch(text), at, "DIGITS")
    require(len(text) >= low, at, "DIGITS_MISSING", _INCOMPLETE)
    require(len(text) <= high, at, "DIGITS")


def _luhn(text: str, at: str) -> None:
    require(luhn(text), at, "CHECK_DIGIT")


def _msisdn(text: str, at: str) -> None:
    """E.164 in international form: plus sign, country code, at most 15 digits."""
    require(text.startswith("+"), at, "COUNTRY_CODE", _INCOMPLETE)
    _digits(text[1:], 7, 15, at)
    require(text[1] != "0", at, "E164")


def _imsi(text: str, at: str) -> None:
    _digits(text, 14, 15, at)


def _imei(text: str, at: str) -> None:
    """14 digits and the check digit."""
    _digits(text, 15, 15, at)
    _luhn(text, at)


def _iccid(text: str, at: str) -> None:
    _digits(text, 19, 20, at)
    _luhn(text, at)


def _address(text: str, version: int, at: str) -> None:
    try:
        address = ipaddress.IPv4Address(text) if version == 4 else ipaddress.IPv6Address(text)
    except ValueError as error:
        raise Invalid(errors.X_FIELD_INVALID, at, "IP_ADDRESS") from error
    # One address, one spelling: it is committed to and searched for byte by byte.
    require(str(address) == text and "%" not in text, at, "CANONICAL_ADDRESS")
    one_host = not (address.is_unspecified or address.is_multicast or address.is_loopback)
    require(one_host, at, "HOST_ADDRESS")


def _ip_port_time(text: str, at: str) -> None:
    """``203.0.113.7:40001`` or ``[2001:db8::1]:40001``; without the port it names everybody behind the address."""
    if text.startswith("["):
        match = _BRACKETED.fullmatch(text)
        if match is None:
            raise Invalid(errors.X_FIELD_INVALID, at, "IP_ADDRESS")
        host, port, version = match[1], match[2], 6
    elif text.count(":") > 1:  # an IPv6 address without brackets cannot carry a port
        host, port, version = text, "", 6
    else:
        host, _, port = text.partition(":")
        version = 4
    _address(host, version, at)
    require(port, at, "PORT", _INCOMPLETE)
    require(_PORT.fullmatch(port) and int(port) <= 65_535, at, "PORT")


def _ip_time(text: str, at: str) -> None:
    """An address alone: one customer only where the provider gives each customer an address of their own."""
    _address(text, 6 if ":" in text else 4, at)


def _domain(text: str, at: str) -> None:
    """Fully qualified, lower case, internationalised labels in their ASCII form."""
    labels = text.split(".")
    require(len(labels) > 1, at, "FQDN", _INCOMPLETE)
    require(len(text) <= 253 and all(_LABEL.fullmatch(label) for label in labels), at, "A_LABEL")


def _email(text: str, at: str) -> None:
    """Local part as RFC 6531 allows, domain in its ASCII form."""
    local, separator, domain = text.rpartition("@")
    require(local and separator and domain, at, "MAILBOX", _INCOMPLETE)
    require("@" not in local and len(local.encode()) <= 64 and not set(local) & set('<>"\\'), at, "MAILBOX")
    _domain(domain.lower(), at)


def _account_id(text: str, at: str) -> None:
    """``name@service``: a user name means nothing without the service that gave it out."""
    name, separator, service = text.rpartition("@")
    require(name and separator and service, at, "SERVICE", _INCOMPLETE)


def _mac(text: str, at: str) -> None:
    """EUI-48 in lower case with colons, one station."""
    require(re.fullmatch(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", text), at, "EUI48")
    require(not int(text[:2], 16) & 1, at, "STATION_ADDRESS")


def _url(text: str, at: str) -> None:
    try:
        parts = urllib.parse.urlsplit(text)
        named = bool(parts.hostname)
        secret = parts.username is not None or parts.password is not None
    except ValueError as error:
        raise Invalid(errors.X_FIELD_INVALID, at, "URL") from error
    require(parts.scheme in {"http", "https"}, at, "URL_SCHEME")
    require(named, at, "URL_HOST", _INCOMPLETE)
    require(not secret, at, "URL_CREDENTIALS")


def _onion(text: str, at: str) -> None:
    """Version 3 onion service address: key, checksum, version (Tor rend-spec-v3 §6)."""
    label, suffix = text[:-6], text[-6:]
    require(suffix == ".onion" and re.fullmatch(r"[a-z2-7]{56}", label), at, "ONION_V3")
    raw = base64.b32decode(label.upper())
    checksum = hashlib.sha3_256(b".onion checksum" + raw[:32] + raw[34:]).digest()[:2]
    require(raw[34:] == b"\x03" and raw[32:34] == checksum, at, "CHECK_DIGIT")


def _payment_account(text: str, at: str) -> None:
    """IBAN without spaces; a full card number must never be written down."""
    require(not _DIGITS.fullmatch(text), at, "CARD_NUMBER")
    require(re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", text), at, "IBAN")
    require(iban(text), at, "CHECK_DIGIT")


def _crypto_wallet(text: str, at: str) -> None:
    """``chain:address``: the same address may exist on several chains."""
    chain, separator, address = text.partition(":")
    require(chain and separator and address, at, "CHAIN", _INCOMPLETE)
    require(address_holds(chain, address), at, "CHECK_DIGIT")


def _device_ad_id(text: str, at: str) -> None:
    require(re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text), at, "UUID")
    require(set(text) - {"0", "-"}, at, "UUID")  # all zeros: tracking is off, the id is everybody's


def _vin(text: str, at: str) -> None:
    require(re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", text), at, "VIN")


CHECKS: Final[Mapping[str, Callable[[str, str], None]]] = MappingProxyType(
    {
        "account_id": _account_id,
        "advert_id": _account_id,
        "crypto_wallet": _crypto_wallet,
        "device_ad_id": _device_ad_id,
        "domain": _domain,
        "email": _email,
        "iccid": _iccid,
        "imei": _imei,
        "imsi": _imsi,
        "ip_port_time": _ip_port_time,
        "ip_time": _ip_time,
        "mac": _mac,
        "msisdn": _msisdn,
        "onion": _onion,
        "payment_account": _payment_account,
        "url": _url,
        "vin": _vin,
    }
)
