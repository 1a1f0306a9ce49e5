"""What a client is called: first and last name, the whole, title and firm out of the cells that a file has for them.

Takes a client with the names as they are written. Fills what they leave out, as far as it is certain. Touches nothing.
"""

from __future__ import annotations

from followup.intake import people
from followup.intake.facts import ParsedClient


def fill(client: ParsedClient, *, last_first: str, middle: str) -> None:
    """Make one name of what is written of it.

    Args:
        client: with the names in cells of their own.
        last_first: a name that begins with the last one; "" where the file has none.
        middle: between first and last name.
    """
    if last_first and not client.full_name:
        title, first, last, client.full_name = people.split_last_first(last_first)
        client.title = client.title or title
        client.first_name, client.last_name = client.first_name or first, client.last_name or last
        if not client.company and people.is_firm(client.full_name):
            client.company = client.full_name
        return
    if not client.full_name:
        _of_parts(client, middle)
        return
    is_firm = client.full_name == client.company  # as our own export writes a firm without a person
    if not is_firm and not (client.first_name or client.last_name):
        _of_whole(client)
    elif client.last_name and client.full_name.startswith(f"{client.last_name},"):
        client.full_name = people.split(client.full_name)[3]  # QuickBooks Desktop sorts its list by "Hall, Ada"


def _of_whole(client: ParsedClient) -> None:
    firm, person = people.firm_and_person(client.full_name) if not client.company else ("", "")
    if firm:  # "Hall Ltd (Ada Hall)": the name stays as it is written
        title, client.first_name, client.last_name, _ = people.split(person)
        client.company, client.title = firm, client.title or title
        return
    title, first, last, whole = people.split(client.full_name)
    if client.title and first == whole:
        first, last = "", whole  # the column beside it says Mrs: nobody is called Mrs Ada
    client.full_name = whole
    if whole == client.company:
        return
    client.first_name, client.last_name = first, last
    client.title = client.title or title
    if not first and not last and not client.company and people.is_firm(whole):
        client.company = whole


def _of_parts(client: ParsedClient, middle: str) -> None:
    if client.last_name and not client.first_name:  # "Mr and Mrs Hall", or a firm, in a column of last names
        if people.is_firm(client.last_name):
            client.company, client.last_name = client.company or client.last_name, ""
            client.full_name = client.company
            return
        title, first, last, whole = people.split(client.last_name)
        if title or (first and "," in client.last_name and not middle):  # "Hall, Ada & Bob"
            client.title, client.first_name, client.last_name = client.title or title, first, last
            client.full_name = whole
            return
    parts = (client.first_name, middle, client.last_name)
    client.full_name = " ".join([part for part in parts if part]) or client.company
