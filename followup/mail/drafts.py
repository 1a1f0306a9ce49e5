"""The drafts folder: what waits to be sent from the owner's own mail program.

Takes the attempts in state drafted. Gives one ``.eml`` for each, and one page that lists them all. The folder is a
view: it is made to fit the attempts on every call, whatever it held before. Touches only files that it named itself.
"""

from __future__ import annotations

import base64
import email
import email.utils
import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlencode

from followup import files, identity
from followup.errors import IOFailure, NoPermission
from followup.mail import build
from followup.model import Attempt, AttemptState, Channel

PAGE = "drafts.html"
MAILTO_LIMIT = 2000  # Windows hands a program links of 2,083 characters at most
GMAIL_LIMIT = 6000  # Google refuses a request line of about 8,000
NAME_LIMIT = 40

_OURS = re.compile(r"\d{4}-\d{2}-\d{2}-(?:[a-z0-9-]*-)?(?P<key>[a-z0-9]+\.[a-z0-9_-]+\.\d+)\.eml")
_PARTIAL = re.compile(r"\.(?:\d{4}-\d{2}-\d{2}-|drafts\.html\.).*\.part")  # of `files.write_atomically`, after a crash
# Letters that Unicode does not take apart into a Latin letter and a mark.
_FOLDED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})


def file_name(*, on: date, client_name: str, key: str) -> str:
    """Return the name of a draft's file: day, client, and the key (which holds the step) at the end.

    Safe on every file system: lower-case ASCII letters, digits, hyphens and the dots of the key. A name in another
    script than Latin is left out; the key tells the files apart.
    """
    return f"{'-'.join(filter(None, (on.isoformat(), _slug(client_name), key)))}.eml"


def write(folder: Path, attempts: Iterable[Attempt]) -> list[Path]:
    """Make *folder* show exactly the drafted e-mails among *attempts*, and return the files of the drafts.

    A file that is there already with the same bytes is left alone; files of drafts that are settled are removed; files
    that are not ours (another name, another ending) are never touched. Safe to repeat after a crash at any point.

    Raises:
        IOFailure, NoPermission, CannotCreate: the folder cannot be written.
    """
    files.make_folder(folder)
    drafts = []
    for draft in attempts:
        if draft.state is not AttemptState.DRAFTED or draft.channel is not Channel.EMAIL:
            continue
        # A name that is not one of ours could lie outside the folder.
        name = draft.file_name if _OURS.fullmatch(draft.file_name) else ""
        path = folder / (name or file_name(on=draft.on, client_name="", key=draft.key))
        _write_if_changed(path, draft.message.encode("ascii"))
        head = draft.message.partition("\r\n\r\n")[0]  # all that the page asks of the bytes: thousands may wait
        drafts.append((replace(draft, message=head), path))
    drafts.sort(key=lambda one: (one[0].made_at, one[0].key))
    paths = [path for _, path in drafts]
    _write_if_changed(folder / PAGE, page(drafts).encode())
    # Last, so that a draft is never in neither place when its file is renamed.
    _remove(_settled(folder, {path.name for path in paths}))
    _remove(files.abandoned(folder, _PARTIAL))
    return paths


def mailto(*, address: str, subject: str, text: str) -> tuple[str, bool]:
    """Return a link that opens the message in a mail program (RFC 6068), and whether the text is in it.

    Long links are cut or ignored by Windows; above the limit the link carries address and subject only.
    """
    local, _, domain = build.to_ascii_address(address).rpartition("@")
    start = f"mailto:{quote(local, safe='')}@{domain}?subject={quote(subject, safe='')}"
    whole = f"{start}&body={quote(_crlf(text), safe='')}"
    return (whole, True) if len(whole) <= MAILTO_LIMIT else (start, False)


def gmail(*, address: str, subject: str, text: str) -> tuple[str, bool]:
    """Return a link that opens the message in Gmail's compose window, and whether the text is in it."""
    fields = {"view": "cm", "fs": "1", "to": build.to_ascii_address(address), "su": subject}
    start = f"https://mail.google.com/mail/?{urlencode(fields, quote_via=quote)}"
    whole = f"{start}&body={quote(_crlf(text), safe='')}"
    return (whole, True) if len(whole) <= GMAIL_LIMIT else (start, False)


def page(drafts: Sequence[tuple[Attempt, Path]]) -> str:
    """Return the page that lists *drafts*: self-contained, works offline, and shows client data as text only."""
    count = len(drafts)
    heading = {0: "No drafts wait", 1: "1 draft waits"}.get(count, f"{count} drafts wait")
    lead = (
        "Look at each one, send it from your own mail program, and then run <code>followup confirm</code>. "
        "Nothing here has been sent yet, and a draft that you do not send is never sent by itself."
        if drafts
        else "When something is due, <code>followup send</code> puts it here."
    )
    items = "\n".join(_item(number, draft, path) for number, (draft, path) in enumerate(drafts, start=1))
    return _PAGE.format(
        style=_STYLE,
        script=_SCRIPT,
        style_hash=_source_hash(_STYLE),
        script_hash=_source_hash(_SCRIPT),
        heading=heading,
        lead=lead,
        items=items,
    )


def _item(number: int, draft: Attempt, path: Path) -> str:
    link, fits = mailto(address=draft.address, subject=draft.subject, text=draft.text)
    gmail_link, fits_gmail = gmail(address=draft.address, subject=draft.subject, text=draft.text)
    note = ""
    if not fits:
        which = "the mail program" if fits_gmail else "the mail program or Gmail"
        note = (
            f'<p class="note">This text is too long for the link to {which}: press <b>Copy text</b> first and paste it '
            f"into the message, or open the draft file.</p>"
        )
    return _ITEM.format(
        number=number,
        subject=html.escape(draft.subject),
        recipient=html.escape(_recipient(draft)),
        on=draft.on.isoformat(),
        step=html.escape(draft.step),
        key=html.escape(draft.key),
        text=html.escape(draft.text.rstrip()),
        mailto=html.escape(link),
        gmail=html.escape(gmail_link),
        file=html.escape(quote(path.name)),
        note=note,
    )


def _recipient(draft: Attempt) -> str:
    name, _ = email.utils.parseaddr(str(email.message_from_string(draft.message)["To"] or ""))
    return f"{build.decoded(name)} <{draft.address}>" if name else draft.address


def _slug(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_FOLDED))
    plain = "".join(letter for letter in folded if letter.isascii())
    return re.sub(r"[^a-z0-9]+", "-", plain)[:NAME_LIMIT].strip("-")


def _crlf(text: str) -> str:
    return text.rstrip("\n").replace("\r\n", "\n").replace("\n", "\r\n")


def _write_if_changed(path: Path, data: bytes) -> None:
    try:
        if path.read_bytes() == data:
            return
    except OSError:
        pass  # not there, or not readable: writing it says which
    files.write_atomically(path, data)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except PermissionError as error:  # on Windows: it is open in the mail program
            raise NoPermission(
                f"{path}: cannot be removed ({error.strerror}), although that draft is settled. Close it where it is "
                f"open; the next run tries again."
            ) from error
        except OSError as error:
            raise IOFailure(f"{path}: cannot be removed ({error.strerror}). Check the disk, run it again.") from error


def _settled(folder: Path, keep: set[str]) -> list[Path]:
    found = ((path, _OURS.fullmatch(path.name)) for path in folder.iterdir())
    return [
        path for path, ours in found if ours and path.name not in keep and identity.split_key(ours["key"]) is not None
    ]


def _source_hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


_STYLE = """
:root { color-scheme: light dark; --line: #8886; --quiet: #767676; --accent: #1a5fb4; }
@media (prefers-color-scheme: dark) { :root { --quiet: #a0a0a0; --accent: #8ab8f0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 1.5rem 1rem 4rem;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere; }
.lead { margin: 0 0 1.5rem; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 0 0 1rem; }
.to { margin: .1rem 0 .75rem; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); font-size: .85rem; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: 0 0 1rem; padding: .75rem 1rem;
  border-left: 3px solid var(--line); }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0 0 .75rem; }
.buttons a, .buttons button { font: inherit; min-height: 2.75rem; padding: .5rem 1rem; border-radius: .4rem;
  display: inline-flex; align-items: center; justify-content: center; cursor: pointer;
  border: 1px solid var(--accent); color: var(--accent); background: transparent;
  text-decoration: none; }
.buttons a:first-child { background: var(--accent); color: Canvas; }
.note { margin: 0 0 .75rem; }
@media (max-width: 30rem) { .buttons > * { flex: 1 1 100%; } }
@media print { .buttons, .lead { display: none; } article { break-inside: avoid; } }
"""

# Pages opened from a folder may not reach the clipboard in every browser; selecting and copying works in all of them.
_SCRIPT = """
document.addEventListener("click", async function (event) {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  let copied = false;
  try {
    await navigator.clipboard.writeText(text.textContent);
    copied = true;
  } catch (refused) {
    const range = document.createRange();
    range.selectNodeContents(text);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    copied = document.execCommand("copy");
  }
  const label = button.textContent;
  button.textContent = copied ? "Copied" : "Text selected: copy it now";
  setTimeout(function () { button.textContent = label; }, 2000);
});
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src '{style_hash}'; script-src '{script_hash}'; base-uri 'none';
  form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{heading}</title>
<style>{style}</style>
</head>
<body>
<h1>{heading}</h1>
<p class="lead">{lead}</p>
<main>
{items}
</main>
<script>{script}</script>
</body>
</html>
"""

_ITEM = """<article id="draft-{number}">
<h2>{subject}</h2>
<p class="to">to {recipient}</p>
<pre id="text-{number}">{text}</pre>
{note}<div class="buttons">
<a href="{mailto}">Open in my mail program</a>
<a href="{gmail}" target="_blank" rel="noopener noreferrer">Open in Gmail</a>
<button type="button" data-copy="text-{number}">Copy text</button>
<a href="{file}">Draft file</a>
</div>
<div class="quiet">{step}, made on {on}; key {key}</div>
</article>"""
