"""Templates to messages, scripts and letters.

Takes decisions, dossiers and the templates' folders. Gives `model.Message`s that are verified: who writes, to whom by
what name, nothing left open. Touches the templates' files and one child process (``child``), which alone holds Jinja2:

    words     dates, money, names, greetings in the client's language
    context   the names that templates may use, and their values
    lookup    where a template is found; its short head
    markup    HTML from plain text
    child     the sandbox; `wire` carries   process   its keeper, with limits
    compose   the renderer: values -> child -> verified message
    samples   every kind of client, for `template check`
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from followup.render.compose import Limits, Renderer, Request
    from followup.render.context import FILTERS, NAMES, values
    from followup.render.lookup import catalogue, files
    from followup.render.lookup import find as source

__all__ = ["FILTERS", "NAMES", "Limits", "Renderer", "Request", "catalogue", "files", "source", "values"]

_WHERE = {
    **dict.fromkeys(("Limits", "Renderer", "Request"), "compose"),
    **dict.fromkeys(("FILTERS", "NAMES", "values"), "context"),
    **dict.fromkeys(("catalogue", "files"), "lookup"),
}


def __getattr__(name: str) -> Any:
    # Loaded when first used: `due` asks for the catalogue and must not wait for the rest; nor must the sandbox.
    if name == "source":
        return import_module("followup.render.lookup").find
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"followup.render.{_WHERE[name]}"), name)
