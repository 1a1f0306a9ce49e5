"""referral: the door, and add, list, won, paid, refuse, tree: what the friend's jobs say is said with each."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from followup import cells
from followup.care.kinds import KINDS
from followup.cli import care
from followup.cli.app import App, pass_app
from followup.cli.output import DAY, format_option, print_rows, yes_option
from followup.errors import UsageError
from followup.report import words

REFERRAL = KINDS["referral"]

referral_command = care.door("referral")


@referral_command.command("add")
@click.argument("client", metavar="REFERRER")
@click.argument("friend", required=False)
@click.option("--friend", "named", default="", help="Whom they brought, by name, instead of FRIEND.")
@care.field_options(REFERRAL, "add")
@format_option
@pass_app
def add_command(
    app: App, /, *, client: str, friend: str | None, named: str, format_: str, output: Path | None, **fields: Any
) -> None:
    """Write down that a client brought somebody; what does not hold about it is said at once.

    Only the name is needed: whoever becomes a client under it is found again. Never write down more of the friend
    than they would want.

    \b
    Example:
        $ followup referral add hall --friend "Clara Dunn"
    """
    from followup.report import referrals as report
    from followup.workflow import rewards

    if friend and named and friend != named:
        raise UsageError(f"The friend is '{friend}' and '{named}'. Name one.")
    desk = app.desk()
    looked = rewards.refer(desk, client, care.typed({**fields, "friend": friend or named or None}))
    record = looked.referral
    lines = [f"Added referral {record.id}: {words.client(looked.referrer)} brought {record.friend}."]
    if looked.doubts:
        lines.append(f"No reward without --allow: {_doubts(looked.doubts)}.")
    elif record.reward or record.reward_minor is not None:
        lines.append(report.reward(looked, today=desk.today))
    lines += [
        f"{words.client(each)} ({each.id}) is a client. If that is whom they brought: "
        f"followup referral edit {record.id} --became {each.id}"
        for each in rewards.namesakes(desk, record)
    ]
    care.tell(app, REFERRAL, record, "\n".join(lines), format_=format_, output=output)


def _doubts(codes: tuple[str, ...]) -> str:
    from followup.care import referrals

    return referrals.sentence(codes)


@referral_command.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed ones too.")
@click.option("--client", default="", help="Only this client's.")
@format_option
@pass_app
def list_command(app: App, /, *, everything: bool, client: str, format_: str, output: Path | None) -> None:
    """List the open referrals, with what the friends' jobs say of them.

    \b
    Example:
        $ followup referral list
    """
    from followup.report import referrals as report
    from followup.workflow import rewards

    found = rewards.listed(app.desk(), everything=everything, client=client)
    empty = "No referrals." if everything else "No open referrals."
    print_rows(app, report.rows(found), report.COLUMNS, format_=format_, output=output, empty=empty)


@referral_command.command("won")
@click.argument("referral")
@click.option("--job", default="", help="The friend's job; the first that was completed since, unless told.")
@click.option("--on", "on", type=DAY, help="When; the day of the job unless told.")
@format_option
@pass_app
def won_command(app: App, /, *, referral: str, job: str, on: date | None, format_: str, output: Path | None) -> None:
    """Say that a referral became a job, where that does not show by itself.

    \b
    Example:
        $ followup referral won hall
    """
    from followup.report import referrals as report
    from followup.workflow import rewards

    desk = app.desk()
    looked = rewards.win(desk, referral, job=job, on=on)
    text = f"Referral {looked.referral.id} was {report.standing(looked)}. {report.reward(looked, today=desk.today)}"
    care.tell(app, REFERRAL, looked.referral, text, format_=format_, output=output)


@referral_command.command("paid")
@click.argument("referral")
@click.option("--amount", default="", metavar="AMOUNT", help="What was given, if not what was promised.")
@click.option("--on", "on", type=DAY, help="When; today unless told.")
@click.option(
    "--gift/--no-gift",
    "register",
    default=None,
    help="A voucher, gift card or cash: into the register of gifts. Money off a bill: not.",
)
@click.option("--allow", is_flag=True, help="Although something does not hold; that you said so is recorded.")
@yes_option
@format_option
@pass_app
def paid_command(
    app: App,
    /,
    *,
    referral: str,
    amount: str,
    on: date | None,
    register: bool | None,
    allow: bool,
    yes: bool,
    format_: str,
    output: Path | None,
) -> None:
    """Write down that a reward was given: once the friend's job is paid, and some days have passed.

    \b
    Example:
        $ followup referral paid hall --no-gift
    """
    from followup.workflow import rewards

    desk = app.desk()
    common: dict[str, Any] = {"allow": allow, "amount": amount, "on": on}
    rewards.payment(desk, referral, register=False, **common)  # what is refused is refused before anything is asked
    if register is None:
        if not app.interactive:
            raise UsageError(
                "Was it a voucher, a gift card or cash? Say --gift (it goes into the register of gifts) or --no-gift."
            )
        register = click.confirm("Was it a voucher, a gift card or cash?", err=True)
    made = rewards.payment(desk, referral, register=register, **common)
    if made.entry is not None:
        for line in made.entry.lines():
            app.warn(line)
        if made.entry.is_over:
            app.confirm("Record the reward, over the limit?", yes=yes)
    paid = rewards.pay(desk, made)
    worth = f", {cells.amount(paid.reward_minor, paid.currency)}" if paid.reward_minor is not None else ""
    lines = [f"Referral {paid.id}: the reward was given on {words.long_day(paid.closed_on or desk.today)}{worth}."]
    if made.entry is not None:
        lines.append(f"It stands in the register of gifts as {made.entry.gift.id}.")
    if paid.doubts:
        lines.append(f"Allowed by {paid.allowed_by}, although {_doubts(paid.doubts)}.")
    care.tell(app, REFERRAL, paid, "\n".join(lines), format_=format_, output=output)


@referral_command.command("refuse")
@click.argument("referral")
@click.option("--reason", required=True, help="Why there is no reward.")
@format_option
@pass_app
def refuse_command(app: App, /, *, referral: str, reason: str, format_: str, output: Path | None) -> None:
    """Close a referral without a reward, with the reason.

    \b
    Example:
        $ followup referral refuse hall --reason "they are one household"
    """
    from followup.workflow import rewards

    refused = rewards.refuse(app.desk(), referral, reason=reason)
    text = f"Referral {refused.id} was closed without a reward: {reason}."
    care.tell(app, REFERRAL, refused, text, format_=format_, output=output)


@referral_command.command("tree")
@format_option
@pass_app
def tree_command(app: App, /, *, format_: str, output: Path | None) -> None:
    """Show who brought whom, and what they and everybody who came by them were worth.

    \b
    Example:
        $ followup referral tree
    """
    from followup.report import referrals as report
    from followup.workflow import rewards

    found = report.tree_rows(rewards.tree(app.desk()))
    empty = "Nobody brought anybody, so far."
    print_rows(app, found, report.TREE_COLUMNS, format_=format_, output=output, empty=empty)
