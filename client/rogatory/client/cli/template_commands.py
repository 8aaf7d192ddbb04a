# SPDX-License-Identifier: Apache-2.0
"""`rogatory request template`: what comes back from case to case, kept in the profile; by shape nothing of any case.

A template is made from a draft and used by `request new --template`. It is never sent, and holds no identifier, time or words.
"""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.client.cli.command import command, group
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.template import template_tree, templates_tree
from rogatory.client.cli.request_commands import DRAFT, app, loaded_draft
from rogatory.client.cli.results_desk import TemplateResult, TemplatesResult
from rogatory.client.cli.session import Run
from rogatory.client.templates import list_templates, load_template, save_template, template_of

template_app = group("template", "Requests without their case, to begin a draft with.")
app.add_typer(template_app)
NAME = Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters, digits, hyphens.")]


@command(template_app, "list", prefix="request template")
def list_command(run: Run) -> Exit | None:
    """List the templates of your profile.

    Examples:
      rogatory request template list
    """
    result = TemplatesResult(list_templates(run.profile()))
    run.output.result(run.command, result, templates_tree(result))
    return None


@command(template_app, "save", prefix="request template")
def save(run: Run, name: NAME, draft: DRAFT) -> Exit | None:
    """Keep what of a draft comes back: regime, parties, types, data elements, coded facts. Nothing of the case.

    Identifiers, times, words and grounds have no place in a template. One of the same name is replaced.

    Examples:
      rogatory request template save login-addresses 0199ab
    """
    profile = run.profile()
    template = template_of(loaded_draft(profile, draft))
    save_template(profile, name, template)
    result = TemplateResult(name, template)
    run.output.result(run.command, result, template_tree(result))
    return None


@command(template_app, "show", prefix="request template")
def show(run: Run, name: NAME) -> Exit | None:
    """Show a template.

    Examples:
      rogatory request template show login-addresses
    """
    result = TemplateResult(name, load_template(run.profile(), name))
    run.output.result(run.command, result, template_tree(result))
    return None
