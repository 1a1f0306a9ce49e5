"""Templates to messages, scripts and letters.

Takes decisions, dossiers and the templates' folders. Gives `model.Message`s that are verified: who writes, to whom by
what name, nothing left open. Touches the templates' files and one child process (``child``), which alone holds Jinja2:

    words     dates, money, names, greetings in the client's language
    context   the names that templates may use, and their values
    lookup    where a template is found; its short head
    markup    HTML from plain text
    child     the sandbox                  process   its keeper, with limits
    compose   the renderer: values -> child -> verified message
"""

from __future__ import annotations

from followup.render.compose import Limits, Renderer, Request
from followup.render.context import FILTERS, NAMES, values
from followup.render.lookup import catalogue, files
from followup.render.lookup import find as source

__all__ = ["FILTERS", "NAMES", "Limits", "Renderer", "Request", "catalogue", "files", "source", "values"]
