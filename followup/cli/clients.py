"""client list | show | add | edit | duplicates | merge | household | dossier | export, optout, forget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from followup import cells, files, tables
from followup.cli import confirming
from followup.cli.app import App, pass_app
from followup.cli.output import (
    CHANNELS,
    Commands,
    check_program,
    choose,
    dry_run_option,
    format_option,
    formats_option,
    is_said,
    options,
    print_export,
    print_pieces,
    print_rows,
    say,
    yes_option,
)
from followup.errors import UsageError
from followup.report import words

if TYPE_CHECKING:
    from followup.model import Client
    from followup.workflow import wishes

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
    from followup.workflow import finding, planning, referrals

    desk = app.desk()
    who = finding.client(desk, client)
    dossier = planning.dossier_of(desk, who.id)
    decisions = planning.decisions_of(desk, who.id)
    if format_ == "table" and output is None:
        referrer, brought = referrals.known(desk, who)
        code = referrals.code(desk, who.id)
        for line in clients.page_lines(
            dossier, decisions, today=desk.today, referrer=referrer, brought=brought, code=code
        ):
            say(line)
        return
    print_rows(app, clients.history_rows(dossier), clients.HISTORY_COLUMNS, format_=format_, output=output)


@client_command.command("add")
@field_options
@format_option
@pass_app
def add_command(app: App, /, *, format_: str, output: Path | None, **fields: Any) -> None:
    """Add a client by hand.

    \b
    Example:
        $ followup client add --name "Ada Hall" --email ada@example.com
    """
    from followup.workflow import finding, records

    added = records.add_client(app.desk(), _given(fields))
    _tell(app, added, f"Added {finding.describe_client(added)}", format_=format_, output=output)


def _tell(app: App, client: Client, text: str, *, format_: str, output: Path | None) -> None:
    """Say what became of a client; in csv and json the client is the result, and the rest is narration."""
    from followup.report import clients
    from followup.workflow import records

    if is_said(app, text, format_=format_, output=output):
        return
    rows = clients.list_rows(records.with_summaries(app.desk(), [client]))
    print_rows(app, rows, clients.LIST_COLUMNS, format_=format_, output=output)


@client_command.command("edit")
@click.argument("client")
@field_options
@format_option
@pass_app
def edit_command(app: App, /, *, client: str, format_: str, output: Path | None, **fields: Any) -> None:
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
    text = "\n".join(changes) if changes else "Nothing changed: it was so already."
    _tell(app, after, text, format_=format_, output=output)


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
    from followup.workflow import finding

    desk = app.desk()
    first, second = finding.client(desk, keep), finding.client(desk, drop)
    say(f"Keep:  {finding.describe_client(first)}\nDrop:  {finding.describe_client(second)}")
    app.confirm("Make one client of these two?", yes=yes)
    _merge(app, first, second)


def _merge(app: App, keep: Client, drop: Client) -> None:
    from followup.workflow import duplicates, finding

    merged = duplicates.merge(app.desk(), keep, drop)
    say(f"Now one client: {finding.describe_client(merged.client)}. `followup undo` takes it back.")
    for each in merged.unwanted:
        app.warn(
            f"A draft lies there, and one of the two said stop: {each.subject} ({each.key}). Do not send it: followup "
            f"confirm {each.key} --not-sent takes it back."
        )
    if merged.doubled:
        app.warn(f"{words.client(merged.client)} has more than one draft of the same step; send one of each:")
    for each in merged.doubled:
        app.warn(f"  {confirming.draft_line(each)}: followup confirm {each.key} --cancel takes it back for good")


@client_command.command("household")
@click.argument("client", required=False)
@click.option("--join", "joined", metavar="CLIENT", help="CLIENT belongs to the household of this one.")
@click.option("--leave", is_flag=True, help="CLIENT belongs to nobody's household, whatever they share.")
@click.option("--forget", is_flag=True, help="Take back what you said: address and phones decide again.")
@format_option
@pass_app
def household_command(
    app: App, *, client: str | None, joined: str | None, leave: bool, forget: bool, format_: str, output: Path | None
) -> None:
    """Show who lives together, and say so yourself: a household gets at most one message in some days.

    Clients are one household who share a postal address or a phone. Where that is wrong (an office, a letting agent's
    phone) or not to be seen, say it; `followup undo` takes it back.

    \b
    Example:
        $ followup client household
        $ followup client household hall --join hill
        $ followup client household hall --leave
    """
    from followup.report import kinship
    from followup.workflow import finding, households

    desk = app.desk()
    if client is None:
        if joined or leave or forget:
            raise UsageError("Say whose household: followup client household CLIENT --join OTHER.")
        print_rows(
            app,
            kinship.household_rows(households.all_of(desk)),
            kinship.HOUSEHOLD_COLUMNS,
            format_=format_,
            output=output,
            empty="Nobody shares a postal address or a phone with anybody.",
        )
        return
    if bool(joined) + leave + forget > 1:
        raise UsageError("One at a time: --join, --leave or --forget.")
    who = finding.client(desk, client)
    if joined:
        households.join(desk, who, finding.client(desk, joined))
    elif leave:
        households.leave(desk, who)
    elif forget and not households.forget(desk, who):
        app.narrate(f"Nothing was said of the household of {words.client(who)}.")
    members = households.of(desk, who)
    print_rows(app, kinship.household_rows([members]), kinship.HOUSEHOLD_COLUMNS, format_=format_, output=output)
    if households.is_alone(desk, who):
        app.narrate(f"You said that address and phones tie {words.client(who)} to nobody.")


@client_command.command("duplicates")
@click.option(
    "--different", "different", nargs=2, multiple=True, metavar="A B", help="These two are different people, for good."
)
@format_option
@pass_app
def duplicates_command(app: App, *, different: tuple[tuple[str, str], ...], format_: str, output: Path | None) -> None:
    """Show who may be one client, and why; at a terminal it asks, pair by pair, what to do.

    What you call different is not shown again. A script lists them and says `followup client merge KEEP DROP --yes`.

    \b
    Example:
        $ followup client duplicates --format csv
        $ followup client duplicates --different "ada hall" "a. hall"
    """
    from followup.report import kinship
    from followup.workflow import duplicates, finding

    desk = app.desk()
    pairs = [(finding.client(desk, one), finding.client(desk, other)) for one, other in different]
    for one, other in pairs:
        duplicates.call_different(desk, one, other)
        say(f"Different people: {words.client(one)} ({one.id}) and {words.client(other)} ({other.id}).")
    if pairs:
        return
    if app.interactive and format_ == "table" and output is None:
        _ask_duplicates(app)
        return
    print_rows(
        app,
        kinship.duplicate_rows(duplicates.proposals(desk)),
        kinship.DUPLICATE_COLUMNS,
        format_=format_,
        output=output,
        empty=NO_DUPLICATES,
    )


NO_DUPLICATES = "No two clients look like one."


def _ask_duplicates(app: App) -> None:
    """Ask about each pair; an answer may settle pairs that come later."""
    from followup.report import kinship
    from followup.workflow import duplicates

    desk = app.desk()
    found = list(duplicates.proposals(desk))
    if not found:
        click.echo(NO_DUPLICATES)
    became: dict[str, str] = {}  # id of a client that was merged just now -> into which
    asked: set[frozenset[str]] = set()
    later = 0
    for number, each in enumerate(found, 1):
        ids = [became.get(client.id, client.id) for client in (each.keep, each.drop)]
        if ids[0] == ids[1] or frozenset(ids) in asked:
            continue
        asked.add(frozenset(ids))
        now = desk.store.clients(ids)
        keep, drop = (now[client_id] for client_id in ids)
        say(f"\n{number} of {len(found)}: {', '.join(reason.text for reason in each.reasons)}")
        for line in kinship.side_by_side(*((client, desk.store.summary(client.id)) for client in (keep, drop))):
            say(line)
        answer = choose("One client, keep [1] or [2]; [d]ifferent people; [l]ater; [q]uit", "12dql")
        if answer == "q":
            later += len(found) - number + 1
            break
        if answer == "l":
            later += 1
        elif answer == "d":
            duplicates.call_different(desk, keep, drop)
        else:
            first, second = (keep, drop) if answer == "1" else (drop, keep)
            _merge(app, first, second)
            became = {gone: first.id if kept == second.id else kept for gone, kept in became.items()}
            became[second.id] = first.id
    if later:
        click.echo(f"{words.plural(later, 'pair')} left for later: followup client duplicates")


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
