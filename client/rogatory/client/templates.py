# SPDX-License-Identifier: Apache-2.0
"""Templates of requests: what comes back from case to case, and by shape nothing of any case.

A template holds codes of the law and units of the directory. It has no place for an identifier, a time, a case number or
words, so none can be left in it by mistake; and each text in it must be a code, a hex id or a name of the holder's own book.
It is no draft: nothing can be sent from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rogatory.client.drafts import DraftFact, DraftInstant, DraftRequest, DraftTask
from rogatory.client.private_files import MAX_SMALL, parse_json, private_dir, read_kept, write_private
from rogatory.client.profile import Profile
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.header import require
from rogatory.protocol.plain import from_plain, to_plain

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
# Codes of packs have no digit run that a number of a person would need.
_CODE: Final = re.compile(r"(?!.*[0-9]{5})[A-Za-z][A-Za-z0-9._-]{0,63}")
_ID: Final = re.compile(r"[0-9a-f]{32}(:[0-9a-f]{32})?")


@dataclass(frozen=True, slots=True)
class TemplateTask:
    """What is asked about one identifier that is not known yet."""

    identifier_type: str
    elements: tuple[str, ...]
    purpose: str = "EVIDENCE"


@dataclass(frozen=True, slots=True)
class Template:
    """A request without its case."""

    kind: str
    pack_id: str
    provider: str
    authority: str
    tasks: tuple[TemplateTask, ...]
    facts: Mapping[str, DraftFact] = field(default_factory=dict)
    enforcing: str = ""
    reply_to: str = ""


def template_of(draft: DraftRequest) -> Template:
    """Return what of a draft comes back from case to case; identifiers, times, words and grounds stay behind."""
    return Template(
        kind=draft.kind,
        pack_id=draft.pack_id,
        provider=draft.provider,
        authority=draft.authority,
        tasks=tuple(TemplateTask(task.identifier_type, task.elements, task.purpose) for task in draft.tasks),
        facts=draft.facts,
        enforcing=draft.enforcing,
        reply_to=draft.reply_to,
    )


def blank_draft(template: Template) -> DraftRequest:
    """Return a draft in which everything of the case is still empty."""
    empty = DraftInstant("")
    return DraftRequest(
        kind=template.kind,
        pack_id=template.pack_id,
        provider=template.provider,
        authority=template.authority,
        tasks=tuple(
            DraftTask(task.identifier_type, "", task.elements, empty, empty, task.purpose)
            for task in template.tasks
        ),
        facts=template.facts,
        enforcing=template.enforcing,
        reply_to=template.reply_to,
    )


def save_template(profile: Profile, name: str, template: Template) -> None:
    """Write a template into the profile; one of the same name is replaced.

    Raises:
        Invalid: The name has another form, or a text of the template is neither code nor id nor name of the book
            (``TEMPLATE.CODED``).
    """
    path = _file(profile, name)
    _check(template, profile.config.names.values())
    text = json.dumps(to_plain(template), ensure_ascii=False, indent=2)
    private_dir(path.parent)
    write_private(path, text.encode() + b"\n")


def load_template(profile: Profile, name: str) -> Template:
    """Return a template.

    Raises:
        Refused: ``X_NOT_FOUND``: there is none of this name.
        Invalid: The file is no template, or holds what a template must not.
    """
    path = _file(profile, name)
    if name not in list_templates(profile):
        raise Refused(errors.X_NOT_FOUND, "template", "ONE_MATCH")
    data = parse_json(read_kept(path, "template", MAX_SMALL), "template")
    return template_from_json(data, profile.config.names.values())


def template_from_json(data: Any, names: Iterable[str]) -> Template:  # noqa: ANN401 - parsed JSON may be anything
    """Return the template that plain data states.

    Args:
        data: As parsed.
        names: Names of the holder's book, which may stand where a party is named.

    Raises:
        Invalid: An unknown key, a missing one, a wrong type, or a text that is neither code nor id nor name (``TEMPLATE.CODED``).
    """
    template = from_plain(Template, data, "template")
    _check(template, names)
    return template


def list_templates(profile: Profile) -> tuple[str, ...]:
    """Return the names of all templates."""
    return tuple(sorted(path.stem for path in profile.folder("templates").glob("*.json")))


def _file(profile: Profile, name: str) -> Path:
    require(_NAME.fullmatch(name), "template.name", "TEMPLATE.NAME")
    return profile.folder("templates") / f"{name}.json"


def _check(template: Template, book: Iterable[str]) -> None:
    names = set(book)
    for at in ("provider", "authority", "enforcing", "reply_to"):
        text = getattr(template, at)
        require(not text or text in names or _ID.fullmatch(text), f"template.{at}", "TEMPLATE.CODED")
    for at, text in _codes(template):
        if not _CODE.fullmatch(text):
            raise Invalid(errors.X_FIELD_INVALID, at, "TEMPLATE.CODED")


def _codes(template: Template) -> Iterator[tuple[str, str]]:
    yield "template.kind", template.kind
    for part in template.pack_id.split("."):
        yield "template.pack_id", f"p{part}"  # parts of an id may begin with a digit
    for i, task in enumerate(template.tasks):
        yield f"template.tasks[{i}].identifier_type", task.identifier_type
        yield f"template.tasks[{i}].purpose", task.purpose
        yield from ((f"template.tasks[{i}].elements", element) for element in task.elements)
    for code, fact in template.facts.items():
        yield "template.facts", code
        yield from (("template.facts", value) for value in fact.values)
