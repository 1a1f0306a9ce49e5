"""Header cells -> what a table is that holds neither clients nor jobs: a bank statement, a price list, suppliers.

Takes header cells. Gives a refusal in plain words, or nothing. Touches nothing. Only files that name no client are
strangers, and the owner has the last word: ``--as`` reads any of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from followup.intake import decode, headers, telling


@dataclass(frozen=True, slots=True)
class _Stranger:
    code: str
    what: str
    advice: str
    words: frozenset[str]  # column names in the languages that we speak, as headers.normal has them, without accents
    enough: int = 3  # so many of them; one less when they are half of all columns, one more when people are named
    despite: frozenset[str] = frozenset()  # fields of people that such a file may have, and is a stranger all the same
    dated: bool = True  # may have a column of days


def _words(text: str) -> frozenset[str]:
    return frozenset(
        headers.without_accents(word.strip()) for word in text.replace("\n", ",").split(",") if word.strip()
    )


_INVOICES = "Export the invoices or jobs from the program that writes them"
_CLIENTS = "Export the clients or jobs"
_WORDS_ABOUT = frozenset({"client.title", "client.tags", "client.notes"})
_REACHED = frozenset({"client.email", "client.phone"})
_NAMED = frozenset({"client.full_name", "client.company", "client.first_name", "client.last_name"})
_CONTACT = _words("contact, contact name, ansprechpartner, contacto, contatto, contactpersoon, kontakt, kontaktperson")
_A_CLIENT = re.compile(r"(?:client|customer|invitee|kund(?:e|in)?|klient|klant|cliente|patient)\b")

_STRANGERS = (
    _Stranger(
        "bank-statement",
        "a bank statement",
        f"which does not say who the clients are. {_INVOICES}",
        _words(
            """debit, credit, debit amount, credit amount, balance, running balance, running bal, closing balance,
            money in, money out, paid in, paid out, withdrawal, withdrawals, deposit, deposits, sort code,
            account number, iban, bic, value date, posting date, posted date, booking date,
            transaction description, counter party, counterparty, check or slip #, merchant category,
            local amount, local currency, spending category, started date, completed date, card number, payee
            soll, haben, saldo, buchung, buchungstag, buchungsdatum, buchungstext, valuta, valutadatum, wertstellung,
            wertstellungsdatum, verwendungszweck, umsatz, umsatztyp, auftraggeber, auftragskonto, kontonummer,
            kontonummer iban, bic swift code, auftraggeber empfänger, beguenstigter zahlungspflichtiger,
            begünstigter zahlungspflichtiger, zahlungsempfänger*in, zahlungspflichtige*r, gläubiger id,
            glaeubiger id, mandatsreferenz, soll haben, kontostand
            débit, crédit, solde, date valeur, date de valeur, date opération, date de comptabilisation, libellé,
            libelle simplifie, montant débit, montant crédit, débit euros, crédit euros, type opération
            cargo, abono, saldo disponible, fecha valor, fecha operación, fecha contable, concepto, movimiento, importe
            dare, avere, addebiti, accrediti, data contabile, data valuta, data operazione, causale, descrizione estesa
            af, bij, af bij, tegenrekening, tegenrekening iban bban, iban bban, rentedatum, saldo na trn, mutatiesoort,
            mededelingen, boekdatum, naam tegenpartij, naam omschrijving, rekening, tegenpartij, valutadatum, volgnr
            belopp, insättning, uttag, bokföringsdag, bokföringsdatum, valutadag, avsändare, mottagare, rubrik
            data operacji, data księgowania, data waluty, obciążenia, uznania, saldo po operacji,
            saldo po transakcji, typ transakcji, opis transakcji, opis operacji, nadawca odbiorca, rachunek"""
        ),
        despite=_NAMED | _WORDS_ABOUT,
    ),
    _Stranger(
        "price-list",
        "a list of prices or goods",
        f"which names no clients. {_CLIENTS}",
        _words(
            """sku, product code, item code, part number, part no, stock code, product, product name, product category,
            unit, unit price, price, cost price, sell price, selling price, list price, trade price, rrp, variant sku,
            variant price, barcode, ean, gtin, stock, stock level, quantity on hand, qty on hand, in stock, vendor,
            supplier, brand, pack size, uom, code, handle, option1 name
            artikel, artikelnummer, artikel nr, bezeichnung, einheit, preis, einzelpreis, verkaufspreis, einkaufspreis,
            listenpreis, bestand, lagerbestand, hersteller, warengruppe
            référence, désignation, prix, prix ht, prix unitaire, tva, unité, conditionnement, quantité en stock
            artículo, código, precio, precio unitario, existencias, unidad, marca
            articolo, codice, prezzo, prezzo unitario, giacenza, unità, giacenze
            artikelcode, omschrijving, prijs, eenheid, voorraad, verkoopprijs, inkoopprijs
            produkt, nazwa towaru, kod, cena, cena netto, cena brutto, jednostka, stan magazynowy
            benämning, enhet, pris, lager, artikelnamn"""
        ),
        despite=_WORDS_ABOUT,
        dated=False,
    ),
    _Stranger(
        "suppliers",
        "a list of suppliers, or of their bills",
        f"and not of clients. {_CLIENTS}",
        _words(
            """supplier, supplier name, supplier id, supplier code, supplier number, vendor, vendor name, vendor id,
            vendor number, bill number, bill date, bill no
            lieferant, lieferantenname, lieferantennummer, lieferantennr, lieferanten nr, kreditor, kreditorennummer
            fournisseur, nom du fournisseur, code fournisseur, proveedor, código proveedor, fornitore,
            codice fornitore, leverancier, leveranciersnummer, crediteur, crediteurnummer, dostawca, nazwa dostawcy,
            leverantör, leverantörsnummer, leverantörsnamn"""
        ),
        enough=1,
        despite=_REACHED | _WORDS_ABOUT | {"client.id"},
    ),
    _Stranger(
        "staff-list",
        "a list of your own people",
        f"and not of clients. {_CLIENTS}",
        _words(
            """employee id, employee number, employee no, salary, wage, wages, hire date, hired on, payroll id,
            payroll number, pay rate, annual leave, national insurance number, department
            personalnummer, mitarbeiternummer, gehalt, eintrittsdatum, abteilung, matricule, salaire, date d'embauche,
            salario, fecha de alta, stipendio, data di assunzione, personeelsnummer, salaris, datum in dienst,
            wynagrodzenie, data zatrudnienia, lön, anställningsdatum"""
        ),
        enough=1,
        despite=_NAMED | _REACHED | _WORDS_ABOUT,
    ),
    _Stranger(
        "hours",
        "a list of working hours",
        f"which names no clients. {_INVOICES}",
        _words(
            """employee, clock in, clock out, hours worked, hours, start, end, start time, end time, break, overtime
            mitarbeiter, beginn, ende, arbeitszeit, stunden, pause, überstunden, salarié, début, fin, heures, empleado,
            inicio, horas, dipendente, inizio, fine, ore, medewerker, begin, einde, uren, pracownik, początek, koniec,
            godziny, anställd, slut, timmar"""
        ),
        despite=_WORDS_ABOUT,
    ),
    _Stranger(
        "expenses",
        "a list of expenses or journeys",
        f"which names no clients. {_INVOICES}",
        _words(
            """merchant, expense, expense date, expense category, receipt, reimbursable, paid to, miles, mileage,
            kilometres, odometer, from, to, purpose, category
            ausgabe, beleg, händler, kilometer, fahrtzweck, zweck, von, nach, dépense, justificatif, motif, gasto,
            spesa, uitgave, bon, wydatek, utgift, kvitto"""
        ),
        enough=2,
        despite=_WORDS_ABOUT,
    ),
)


def refuse(header: Sequence[str]) -> None:
    """Raise decode.Refused for column names that plainly belong to something else than clients or jobs."""
    names = {headers.without_accents(headers.normal(cell)): cell for cell in header if cell.strip()}
    fields = {name: headers.meanings(cell) for name, cell in names.items()}
    if any(_A_CLIENT.match(name) and any(map(_of_people, fields[name])) for name in names):
        return
    dated = any(known.startswith("job.completed_on") for meaning in fields.values() for known in meaning)
    for each in _STRANGERS:
        found = [cell for name, cell in names.items() if name in each.words]
        if not found or (dated and not each.dated):
            continue
        people = {
            known
            for name, meaning in fields.items()
            if name not in each.words and name not in _CONTACT
            for known in meaning
            if _of_people(known)
        }
        # Somebody who is named asks for more evidence, most of the columns for less.
        enough = each.enough + bool(people & _NAMED) - (len(found) * 2 >= len(names) and not people)
        if len(found) >= max(enough, min(each.enough, 2)) and people <= each.despite:
            raise decode.Refused(
                each.code,
                f"this seems to be {each.what} ({telling.listed(found[:4])}), {each.advice}; if it holds clients or "
                "jobs after all, say so with --as clients or --as jobs.",
            )


def _of_people(field: str) -> bool:
    return field.startswith("client.") and field != "client.source"
