# SPDX-License-Identifier: Apache-2.0
"""Protobuf bytes as a tree, and every way to write the same tree that upb would take for the same message.

The list is that of cryptography §1.7. A tree is read with the schema's descriptor, so that sub-messages are known from
byte strings. What is made here is well formed for a tolerant parser; it is no fuzzer of random bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

from typing_extensions import override

from tests.support.realm import SeededEntropy

T = TypeVar("T")

VARINT, FIXED64, LEN, START, END, FIXED32 = 0, 1, 2, 3, 4, 5
UNKNOWN = range(19, 100)  # no message of ours uses these numbers (a body's is 101 and up)


class Dice:
    """Choices that repeat from run to run with their seed."""

    def __init__(self, seed: str) -> None:
        self._entropy = SeededEntropy(seed)

    def bytes(self, length: int) -> bytes:
        return self._entropy.token(length)

    def below(self, end: int) -> int:
        return int.from_bytes(self._entropy.token(8), "big") % end

    def pick(self, among: Sequence[T]) -> T:
        return among[self.below(len(among))]


@dataclass(frozen=True)
class Item:
    """One field as written: number, wire type, value, and how many needless bytes each varint has."""

    number: int
    wire: int
    value: int | bytes | Tree
    pad_key: int = 0
    pad_value: int = 0

    def write(self) -> bytes:
        key = varint(self.number << 3 | self.wire, self.pad_key)
        if isinstance(self.value, int):
            return key + varint(self.value, self.pad_value)
        data = self.value.write() if isinstance(self.value, Tree) else self.value
        return key + (varint(len(data), self.pad_value) + data if self.wire == LEN else data)


@dataclass(frozen=True)
class Tree:
    """A message: its descriptor and its fields in the order of the wire."""

    descriptor: Any
    items: tuple[Item, ...] = field(default=())

    def write(self) -> bytes:
        return b"".join(item.write() for item in self.items)

    def field(self, number: int) -> Any:  # noqa: ANN401 - a descriptor
        return self.descriptor.fields_by_number[number]

    def messages(self) -> Iterator[tuple[tuple[int, ...], Tree]]:
        """This message and all below it, each with the path of item positions that leads to it."""
        yield (), self
        for at, item in enumerate(self.items):
            if isinstance(item.value, Tree):
                yield from (((at, *path), tree) for path, tree in item.value.messages())

    def put(self, path: tuple[int, ...], tree: Tree) -> Tree:
        """The whole with the message at a path replaced."""
        if not path:
            return tree
        at, *rest = path
        inner = self.items[at].value
        assert isinstance(inner, Tree)
        changed = replace(self.items[at], value=inner.put(tuple(rest), tree))
        return replace(self, items=(*self.items[:at], changed, *self.items[at + 1 :]))


def varint(value: int, pad: int = 0) -> bytes:
    """A varint, with `pad` needless continuation bytes."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    for _ in range(pad):
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)


def read(descriptor: Any, data: bytes) -> Tree:  # noqa: ANN401 - a descriptor
    """Reads canonical bytes of a message."""
    items: list[Item] = []
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        value, at = _varint(data, at)
        if wire == VARINT:
            items.append(Item(number, wire, value))
            continue
        assert wire == LEN
        raw, at = data[at : at + value], at + value
        inner = descriptor.fields_by_number[number].message_type
        items.append(Item(number, wire, raw if inner is None else read(inner, raw)))
    return Tree(descriptor, tuple(items))


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


Mutation = Callable[[Tree, Dice], Tree | None]


def duplicate_scalar(tree: Tree, dice: Dice) -> Tree | None:
    """A field that may stand once stands twice; a tolerant parser takes the last."""
    return _at(tree, dice, lambda i: _scalar(tree, i) and not tree.field(i.number).is_repeated, _twice)


def _twice(item: Item, dice: Dice) -> tuple[Item, ...]:
    if dice.below(3) == 0:
        return item, item
    if isinstance(item.value, int):
        return replace(item, value=1 + dice.below(1 << 31)), item
    return replace(item, value=dice.bytes(dice.pick((0, 16, 32)))), item


def swapped(tree: Tree, dice: Dice) -> Tree | None:
    """Two fields change places."""
    pairs = [i for i in range(len(tree.items) - 1) if tree.items[i].number != tree.items[i + 1].number]
    if not pairs:
        return None
    i = dice.pick(pairs)
    items = list(tree.items)
    items[i], items[i + 1] = items[i + 1], items[i]
    return replace(tree, items=tuple(items))


def overlong_key(tree: Tree, dice: Dice) -> Tree | None:
    """A field's key has needless bytes."""
    return _at(tree, dice, lambda _: True, lambda item, r: (replace(item, pad_key=1 + r.below(3)),))


def overlong_value(tree: Tree, dice: Dice) -> Tree | None:
    """A number has needless bytes."""
    return _at(tree, dice, lambda i: i.wire == VARINT, _padded)


def overlong_length(tree: Tree, dice: Dice) -> Tree | None:
    """A length has needless bytes."""
    return _at(tree, dice, lambda i: i.wire == LEN, _padded)


def _padded(item: Item, dice: Dice) -> tuple[Item, ...]:
    return (replace(item, pad_value=1 + dice.below(3)),)


def split(tree: Tree, dice: Dice) -> Tree | None:
    """A sub-message comes in two pieces, which a tolerant parser merges."""

    def pieces(item: Item, dice: Dice) -> tuple[Item, ...]:
        assert isinstance(item.value, Tree)
        cut = dice.below(len(item.value.items) + 1)
        halves = item.value.items[:cut], item.value.items[cut:]
        return tuple(replace(item, value=replace(item.value, items=half)) for half in halves)

    return _at(
        tree, dice, lambda i: isinstance(i.value, Tree) and not tree.field(i.number).is_repeated, pieces
    )


def unpacked(tree: Tree, dice: Dice) -> Tree | None:
    """Repeated numbers come one by one, or in two packs, instead of in one pack."""

    def loose(item: Item, dice: Dice) -> tuple[Item, ...]:
        assert isinstance(item.value, bytes)
        numbers, at = [], 0
        while at < len(item.value):
            number, at = _varint(item.value, at)
            numbers.append(number)
        if dice.below(2):
            return tuple(Item(item.number, VARINT, number, pad_value=dice.below(2)) for number in numbers)
        cut = dice.below(len(numbers) + 1)
        packs = (b"".join(map(varint, part)) for part in (numbers[:cut], numbers[cut:]))
        return tuple(replace(item, value=pack) for pack in packs)

    def packed(item: Item) -> bool:
        descriptor = tree.field(item.number)
        return bool(descriptor.is_repeated and descriptor.is_packed)

    return _at(tree, dice, packed, loose)


def unknown(tree: Tree, dice: Dice) -> Tree | None:
    """A field that the schema does not know, of any wire type, at any place."""
    wire = dice.pick((VARINT, FIXED64, LEN, FIXED32))
    sizes = {FIXED64: 8, FIXED32: 4, LEN: dice.below(40)}
    value = dice.below(1 << 60) if wire == VARINT else dice.bytes(sizes[wire])
    return _insert(tree, dice, Item(dice.pick(UNKNOWN), wire, value))


def group(tree: Tree, dice: Dice) -> Tree | None:
    """A group, empty or not, under an unknown number or that of a field which exists."""
    number = dice.pick([*UNKNOWN, *tree.descriptor.fields_by_number])
    inside = varint(1 << 3 | VARINT) + varint(dice.below(1 << 20)) if dice.below(2) else b""
    return _insert(tree, dice, Item(number, START, inside + varint(number << 3 | END)))


def explicit_zero(tree: Tree, dice: Dice) -> Tree | None:
    """A number that is left out is written as 0, in its right place."""
    present = {item.number for item in tree.items}
    numbers = [
        f.number
        for f in tree.descriptor.fields
        if f.message_type is None and f.number not in present and not f.is_repeated
    ]
    if not numbers:
        return None
    number = dice.pick(numbers)
    text = tree.field(number).type in {9, 12}  # string, bytes
    item = Item(number, LEN, b"") if text else Item(number, VARINT, 0)
    return replace(tree, items=tuple(sorted((*tree.items, item), key=lambda i: i.number)))


def appended(tree: Tree, dice: Dice) -> Tree | None:
    """Bytes after the end of the message that make no field."""
    tails = (b"\x00", b"\x00\x00", b"\x07", b"\x0a\x7f", b"\xff" * 11, b"\x80", b"\x04", b"\x0c")
    junk = dice.pick(tails) + dice.pick((b"", dice.bytes(dice.below(9))))
    return replace(tree, items=(*tree.items, _Raw(0, 0, junk)))


class _Raw(Item):
    """Bytes that are no field."""

    @override
    def write(self) -> bytes:
        assert isinstance(self.value, bytes)
        return self.value


MUTATIONS = MappingProxyType(
    {
        f.__name__: f
        for f in (
            duplicate_scalar,
            swapped,
            overlong_key,
            overlong_value,
            overlong_length,
            split,
            unpacked,
            unknown,
            group,
            explicit_zero,
            appended,
        )
    }
)


def mutate(tree: Tree, name: str, dice: Dice) -> tuple[bytes, int] | None:
    """The message with one mutation at some depth, and that depth; nothing where it does not apply."""
    places = list(tree.messages())
    first = dice.below(len(places))
    for path, message in (*places[first:], *places[:first]):
        changed = MUTATIONS[name](message, dice)
        if changed is not None:
            return tree.put(path, changed).write(), len(path) + 1
    return None


def _scalar(tree: Tree, item: Item) -> bool:
    return tree.field(item.number).message_type is None


def _at(
    tree: Tree,
    dice: Dice,
    where: Callable[[Item], bool],
    change: Callable[[Item, Dice], tuple[Item, ...]],
) -> Tree | None:
    """Replaces one of the items that fit by what `change` makes of it."""
    fitting = [i for i, item in enumerate(tree.items) if where(item)]
    if not fitting:
        return None
    i = dice.pick(fitting)
    return replace(tree, items=(*tree.items[:i], *change(tree.items[i], dice), *tree.items[i + 1 :]))


def _insert(tree: Tree, dice: Dice, item: Item) -> Tree:
    at = dice.below(len(tree.items) + 1)
    return replace(tree, items=(*tree.items[:at], item, *tree.items[at:]))
