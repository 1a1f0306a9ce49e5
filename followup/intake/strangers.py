"""Tables that are no list of clients or jobs: what they seem to be, and what would help.

Takes a header and what its columns mean. Gives a refusal. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from followup.intake import decode, headers, telling

# Columns of account statements, in the languages that we speak; three of them beside no client's name say enough.
_OF_A_BANK = frozenset(
    headers.normal(name)
    for name in (
        *("debit", "credit", "balance", "running balance", "money in", "money out", "paid in", "paid out"),
        *("withdrawal", "deposit", "sort code", "account number", "iban", "bic", "value date"),
        *("soll", "haben", "saldo", "buchungstag", "buchungstext", "valuta", "wertstellung", "verwendungszweck"),
        *("umsatz", "débit", "crédit", "solde", "date valeur", "libellé", "cargo", "abono", "dare", "avere"),
        *("af", "bij", "tegenrekening", "rentedatum", "belopp", "insättning", "uttag"),
        *("data operacji", "obciążenia", "uznania"),
    )
)


def refuse(header: Sequence[str], layout: headers.Layout) -> None:
    """Refuse a table that is no list of clients or jobs.

    Raises:
        decode.Refused: what it seems to be, and what to export instead.
    """
    of_a_bank = [name for name in header if headers.normal(name) in _OF_A_BANK]
    if len(of_a_bank) >= 3 and not any(column.field.startswith("client.") for column in layout.columns):
        raise decode.Refused(
            "bank-statement",
            f"this seems to be a bank statement ({telling.listed(of_a_bank)}), which does not say who the clients are. "
            "Export the invoices or jobs from the program that writes them; if these are jobs, name the columns with "
            "--answer columns=...",
        )
