# SPDX-License-Identifier: Apache-2.0
"""Labels of what is disclosed: an element that exists several times says which one it is.

A billing address, the place where a line ends and a registered address have been taken for one another, and the wrong house
was searched. Which elements need a label, and which labels there are, is the pack's. Whether a label is true is not known
here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from rogatory.protocol.content import DisclosedItem


def label_faults(
    labels: Mapping[str, Sequence[str]],
    items: Iterable[DisclosedItem],
    inside: Collection[tuple[int, str]] = (),
) -> tuple[tuple[int, str], ...]:
    """Return index and rule of each item that does not say which one it is, or says what the pack does not know.

    Args:
        labels: The pack's labels by element.
        items: Items of a disclosure, in order.
        inside: Pairs of an item's index and an element that one of its rows says it is, whatever the item declares.
    """
    found = []
    for index, item in enumerate(items):
        elements = {item.element, *(element for number, element in inside if number == index)}
        listed = {label for element in elements for label in labels.get(element, ())}
        if listed and not item.label:
            found.append((index, "LABEL_STATED"))
        elif item.label and item.label not in listed:
            found.append((index, "LABEL_LISTED"))
    return tuple(found)
