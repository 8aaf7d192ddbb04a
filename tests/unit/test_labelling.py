# SPDX-License-Identifier: Apache-2.0
"""An address says which address it is, whatever the item calls itself. Whether the label is true is not tested."""

from __future__ import annotations

from rogatory.protocol.content import DisclosedItem
from rogatory.protocol.labelling import label_faults

LABELS = {"postal_address": ("BILLING", "INSTALLATION")}


def item(element: str, label: str = "") -> DisclosedItem:
    return DisclosedItem(name="a", task=1, element=element, label=label)


def test_an_address_without_a_label_is_a_fault() -> None:
    items = [item("postal_address"), item("name"), item("postal_address", "BILLING")]
    assert label_faults(LABELS, items) == ((0, "LABEL_STATED"),)


def test_a_label_that_the_pack_does_not_list_is_a_fault() -> None:
    assert label_faults(LABELS, [item("postal_address", "HOME")]) == ((0, "LABEL_LISTED"),)
    assert label_faults(LABELS, [item("name", "BILLING")]) == ((0, "LABEL_LISTED"),)


def test_a_row_of_an_address_in_another_file_needs_the_label_too() -> None:
    inside = {(0, "postal_address")}
    assert label_faults(LABELS, [item("name")], inside) == ((0, "LABEL_STATED"),)
    assert label_faults(LABELS, [item("name", "INSTALLATION")], inside) == ()
    assert label_faults(LABELS, [item("name"), item("name")], {(1, "postal_address")}) == (
        (1, "LABEL_STATED"),
    )
