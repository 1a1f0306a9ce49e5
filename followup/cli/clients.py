"""client list | show | add | edit | merge | dossier | export, optout, forget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from followup import cells, files, tables
from followup.cli.app import App, pass_app
from followup.cli.output import (
    Commands,
    check_program,
    dry_run_option,
    format_option,
    formats_option,
    options,
    print_export,
    print_pieces,
    print_rows,
    say,
    yes_option,
)
from followup.errors import UsageError
from followup.model import Channel
from followup.report import words

if TYPE_CHECKING:
    from followup.workflow import wishes

CHANNELS = click.Choice([each.value for each in Channel])
field_options = options(
    click.option("--name", "full_name", help="The whole name."),
    click.option("--first-name", help="First name, where the whole name does not show it."),
    click.option("--last-name", help="Last name, where the whole name does not show it."),
    click.option("--title", help="Mrs, Dr, ..."),
    click.option("--company", help="The firm."),
    click.option("--address-as", help="How they like to be greeted."),
    click.option("--email", "emails", multiple=True, help="E-mail; the first is the one we use."),
    click.option("--phone", "phones", multiple=True, help="Phone; the first is the one we use."),
    click.option("--street", help="Street and number."),
    click.option("--city", help="Town."),
    click.option("--region", help="County or state."),
    click.option("--postal-code", help="Postal code."),
    click.option("--country", help="Two letters, e.g. GB."),
    click.option("--language", help="Two letters, e.g. de."),
    click.option("--prefers", "preferred_channel", type=CHANNELS, help="The channel they like best."),
    click.option("--not-by", "no_channels", type=CHANNELS, multiple=True, help="A channel they do not want."),
    click.option("--tag", "tags", multiple=True, help="A tag; say all that are to stay."),
    click.option("--notes", help="What we know of them."),
    click.option("--note", help="One personal line for the next thank-you."),
    click.option("--referred-by", help="Who brought them."),
    click.option("--owner", metavar="PERSON", help="Who of us looks after them."),
    click.option("--opted-in", "consent_evidence", metavar="TEXT", help="They want to hear from us; how they said so."),
)


@click.group("client", cls=Commands)
def client_command() -> None:
    """The people and firms you work for."""


@client_command.command("list")
@click.option("--tag", default="", help="Only those with this tag.")
@format_option
@pass_app
def list_command(app: App, *, tag: str, format_: str, output: Path | None) -> None:
    """List the clients by name.

    \b
    Example:
        $ followup client list --format csv
    """
    from followup.report import clients
    from followup.workflow import records

    desk = app.desk()
    print_rows(
        app,
        clients.list_rows(records.with_summaries(desk, records.clients(desk, tag=tag))),
        clients.LIST_COLUMNS,
        format_=format_,
        output=output,
        empty="No clients yet. Start with: followup import clients.csv",
    )


@client_command.command("show")
@click.argument("client")
@format_option
@pass_app
def show_command(app: App, *, client: str, format_: str, output: Path | None) -> None:
    """Show one client: who they are, everything that happened, what is next and why.

    \b
    Example:
        $ followup client show hall
    """
    from followup.report import clients
    from followup.workflow import finding, planning

    desk = app.desk()
    who = finding.client(desk, client)
    dossier = planning.dossier_of(desk, who.id)
    decisions = planning.decisions_of(desk, who.id)
    if format_ == "table" and output is None:
        for line in clients.page_lines(dossier, decisions, today=desk.today):
            say(line)
        return
    print_rows(app, clients.history_rows(dossier), clients.HISTORY_COLUMNS, format_=format_, output=output)


@client_command.command("add")
@field_options
@pass_app
def add_command(app: App, /, **fields: Any) -> None:
    """Add a client by hand.

    \b
    Example:
        $ followup client add --name "Ada Hall" --email ada@example.com
    """
    from followup.workflow import finding, records

    say(f"Added {finding.describe_client(records.add_client(app.desk(), _given(fields)))}")


@client_command.command("edit")
@click.argument("client")
@field_options
@pass_app
def edit_command(app: App, /, *, client: str, **fields: Any) -> None:
    """Change a client; what was edited by hand is not overwritten by an import.

    \b
    Example:
        $ followup client edit hall --address-as Addie --prefers call
    """
    from followup.report import clients
    from followup.workflow import records

    given = _given(fields)
    if not given:
        raise UsageError("Say what to change, e.g. --address-as Addie. `followup client edit --help` lists the fields.")
    before, after = records.edit_client(app.desk(), client, given)
    changes = clients.differences(before, after)
    say("\n".join(changes) if changes else "Nothing changed: it was so already.")


@client_command.command("merge")
@click.argument("keep")
@click.argument("drop")
@yes_option
@pass_app
def merge_command(app: App, *, keep: str, drop: str, yes: bool) -> None:
    """Make one client of two. KEEP stays; what it lacks comes from DROP; the stricter consent wins.

    \b
    Example:
        $ followup client merge "ada hall" "a. hall" --yes
    """
    from followup.workflow import finding, records

    desk = app.desk()
    first, second = finding.client(desk, keep), finding.client(desk, drop)
    say(f"Keep:  {finding.describe_client(first)}\nDrop:  {finding.describe_client(second)}")
    app.confirm("Make one client of these two?", yes=yes)
    merged = records.merge_clients(desk, first, second)
    say(f"Now one client: {finding.describe_client(merged)}. `followup undo` takes it back.")


@client_command.command("dossier")
@click.argument("client")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="Pages, or for programs."
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write to FILE instead.")
@pass_app
def dossier_command(app: App, *, client: str, format_: str, output: Path | None) -> None:
    """Write all that is held about a client: as pages to hand out to whoever asks, or as json.

    \b
    Example:
        $ followup client dossier hall -o hall.txt
    """
    from followup.report import dossier
    from followup.workflow import dossiers, finding

    desk = app.desk()
    held = dossiers.gather(desk, finding.client(desk, client))
    if format_ == "json":
        text = json.dumps(dossier.to_json(held), ensure_ascii=False, indent=2)
    else:
        text = "\n".join(dossier.lines(held))
    if output is None:
        click.echo(text)
        return
    files.write_atomically(output, text + "\n")
    app.narrate(f"Wrote {output}, which only you can read.")


@client_command.command("export")
@click.argument("client", required=False, metavar="")
@click.option(
    "--for",
    "program",
    type=click.Choice(["google", "outlook", "excel"]),
    help="CSV as this program wants it; excel: that of your country.",
)
@formats_option((*tables.FORMATS, "vcf"))
@pass_app
def export_command(app: App, *, client: str | None, program: str | None, format_: str, output: Path | None) -> None:
    """Write all clients, one a row, in a form that `import` reads back as "nothing changed".

    With --for, in the form of Google Contacts, Outlook for Windows, or Excel; with --format vcf as cards (vCard 3.0)
    for telephones, iCloud and other address books. Consent is in no address book: it stays here.

    \b
    Example:
        $ followup client export -o clients.csv
        $ followup client export --for google -o google.csv
        $ followup client export --format vcf -o clients.vcf
    """
    from followup.report import vcards
    from followup.workflow import exporting, records

    if client is not None:
        raise UsageError(f"This writes the list of clients. All about one of them: followup client dossier '{client}'.")
    check_program(program, format_)
    desk = app.desk()
    if format_ == "vcf":
        print_pieces(app, vcards.cards(records.clients(desk)), output=output, noun="card")
        return
    print_export(app, exporting.clients(desk, program=program or ""), format_=format_, output=output)


@click.command("optout")
@click.argument("client_or_address", metavar="CLIENT|ADDRESS")
@click.option("--lift", is_flag=True, help="Take an opt-out back, on the client's own word.")
@click.option("--evidence", default="", help="How and when the client said it.")
@pass_app
def optout_command(app: App, *, client_or_address: str, lift: bool, evidence: str) -> None:
    """A client says stop: from now on nothing goes out, and no import brings it back.

    \b
    Example:
        $ followup optout hall --evidence "wrote on 2 March"
        $ followup optout --lift hall --evidence "asked for the reminder again on 9 March"
    """
    from followup.workflow import finding, wishes

    desk = app.desk()
    if lift:
        stopped = wishes.lift(desk, client_or_address, evidence=evidence)
        who = finding.describe_client(stopped.client) if stopped.client else client_or_address
        say(f"Lifted: {who} may be written to again. Kept as evidence: {evidence}")
        return
    stopped = wishes.optout(desk, client_or_address, evidence=evidence)
    who = finding.describe_client(stopped.client) if stopped.client else client_or_address
    say(f"Stopped: nothing goes out to {who} any more, by any channel.")
    for attempt in stopped.withdrawn:
        say(f"Withdrew the draft {attempt.file_name or attempt.key}; if it lies in your mail program, delete it there.")


@click.command("forget")
@click.argument("client")
@yes_option
@dry_run_option
@pass_app
def forget_command(app: App, *, client: str, yes: bool, dry_run: bool) -> None:
    """Erase a person: names, addresses, notes and the texts of messages. Counts and days stay, and so does the stop.

    \b
    Example:
        $ followup forget hall --dry-run
    """
    from followup.workflow import finding, wishes

    desk = app.desk()
    who = finding.client(desk, client)
    say(f"To be erased: {finding.describe_client(who)}. This cannot be undone.")
    if dry_run:
        _say_copies(wishes.copies(desk, who))
        click.echo("Nothing was erased (--dry-run).")
        return
    app.confirm("Erase this person?", yes=yes)
    done = wishes.forget(desk, who)
    kept = f"{words.plural(done.jobs, 'job')} and {words.plural(done.contacts, 'contact')}"
    say(f"Erased. {kept} stay as bare dates under {done.client_id}; the addresses stay stopped.")
    _say_copies(done.copies)
    say("What lies elsewhere is beyond reach: files you imported or exported, backups you moved, your mail program.")


def _say_copies(copies: wishes.Copies) -> None:
    for held in copies.backups:
        verb = "holds the person" if held.certain else "could not be looked into and may hold the person"
        say(f"{held.path}, of {words.full_day(held.made_on)}, {verb}.")
    if copies.backups:
        them = "it" if len(copies.backups) == 1 else "them"
        again = "whoever brings one back has the person again"
        say(f"Delete {them} once you have a newer one (`followup backup`): {again}.")
    for path in copies.files:
        say(f"{path} has rows of the person: delete it when it is done with.")
    for client in copies.named_by:
        who = cells.printable(words.client(client))
        say(f"What is kept of {who} ({client.id}) names the person: followup client show {client.id}")


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were typed: None and () mean not typed."""
    return {name: value for name, value in fields.items() if value not in (None, ())}
