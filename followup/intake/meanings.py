"""What the words in cells mean: yes, done, paid, stop, by phone, nothing.

Takes text of a cell, in any language of our homes. Gives our words for it, or none where a word is not known: what one
means is never guessed. Touches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from followup.intake import days, headers

_YES = headers.words("yes y true t 1 x ✓ ✔ ja oui sí si sì tak wahr vrai vero on checked done")
_NO = headers.words("no n false f 0 nein non nee nej nie falsch faux falso off - unchecked")


def _by_form(words: Mapping[str, str]) -> dict[str, str]:
    """Return the meaning of each word, in every form in which it is met, of the words of each meaning."""
    return {
        form: meaning
        for meaning, listed in words.items()
        for word in listed.split("|")
        for form in headers.forms_of(word)
    }


_STATUS = {
    "completed": "completed|complete|complete rated|complete unrated|closed|done|finished|delivered|fulfilled|"
    "job complete"
    "|job completed|archived|work completed|completed job|signed off|all done|terminé|terminée|"
    "fini|finie|réalisé|réalisée"
    "|effectué|effectuée|livré|erledigt|abgeschlossen|fertig|fertiggestellt|ausgeführt|geliefert|completado|completada"
    "|terminado|terminada|hecho|hecha|realizado|finalizado|completato|completata|terminato|finito|fatto|wykonane|wykonano"
    "|zakończone|klar|slutförd|färdig|avslutad|gereed|klaar|afgerond|voltooid|valmis|ferdig|færdig|concluído|yes|ja|oui|x|✓|✔|1|true"
    "|gemacht|beendet|exécuté|exécutée|achevé|achevée|clos|clôturé|fait|faite|entregado|entregada|realizada"
    "|acabado|acabada|cerrado|cerrada|finalizada|ejecutado|eseguito|eseguita|concluso|conclusa|chiuso"
    "|consegnato|finita|fatta|uitgevoerd|opgeleverd|gedaan|geleverd|wykonany|wykonana|zakończony|zakończona"
    "|zrobione|zrobiona|gotowe|ukończone|zrealizowane|utfört|utförd|klart|klara|färdigt|slutfört|avslutad"
    "|avslutat|levererad|levererat|gjort|genomfört|sí|sì|tak",
    "paid": "paid|auto-paid|autopaid|paid in full|deposited|succeeded|captured|payé|payée|réglé|réglée|"
    "acquittée|bezahlt|beglichen"
    "|pagado|pagada|pagato|pagata|zapłacone|opłacone|betald|betaald|completed and paid|done and paid"
    "|opłacony|opłacona|zapłacony|zapłacona|zapłacono|betalt|voldaan|afgerekend|saldato|saldata|incassato"
    "|cobrado|cobrada|abonado|encaissé|soldé|erledigt und bezahlt|terminé et payé",
    "billed": "invoiced|sent|viewed|awaiting payment|overdue|past due|outstanding|partial|partially paid|partiallypaid"
    "|facturé|facturée|berechnet|fakturiert|facturado|bad debt|unpaid|offen"
    "|facturada|fatturato|fatturata|gefactureerd|fakturerad|fakturerat|zafakturowane|zafakturowano"
    "|in rechnung gestellt|abgerechnet|verrechnet|rechnung gestellt|rechnung|impayé|impagado|non pagato"
    "|onbetaald|niezapłacone|obetald|unbezahlt|teilweise bezahlt|teilbezahlt|à payer|por cobrar|da pagare"
    "|openstaand|facture envoyée|facture",
    "open": "open|scheduled|in progress|inprogress|needs scheduling|unscheduled|work order|awarded|"
    "pending|on hold|hold|awaiting approval"
    "|booked|assigned|started|active|upcoming|new|to do|todo|waiting|waiting for parts|not "
    "started|in arbeit|geplant|terminiert"
    "|beauftragt|wartet|laufend|planifié|planifiée|en cours|en attente|à faire|programado|"
    "programada|en curso|pendiente|in corso"
    "|programmato|da fare|gepland|in uitvoering|zaplanowane|w toku|planerad|pågår|no|nein|non|0|"
    "false|not completed|incomplete"
    "|begonnen|angefangen|bestellt|zugesagt|vereinbart|unerledigt|nicht erledigt|in planung|in bearbeitung"
    "|neu|aktiv|prévu|prévue|commencé|commencée|à planifier|accepté|acceptée|en préparation|ouvert|agendado"
    "|en proceso|por hacer|aceptado|sin empezar|no terminado|abierto|in lavorazione|programmata|in attesa"
    "|da programmare|accettato|accettata|iniziato|aperto|ingepland|bezig|nog te doen|in behandeling|te doen"
    "|gestart|niet klaar|planowane|w trakcie|w realizacji|do zrobienia|oczekuje|przyjęte|rozpoczęte|nowe"
    "|otwarte|nie wykonane|niewykonane|bokad|bokat|påbörjad|påbörjat|att göra|väntar|ej klar|ej klart"
    "|inte klar|planerat|ny|nytt|accepterad|beställd|öppen|öppet|nee|nej|nie|not done|no todavía",
    "not_a_job": "not a job|draft|quote|quoted|estimate|unsuccessful|not awarded|declined|rejected|lost|void|voided|"
    "canceled|cancelled"
    "|user canceled|user cancelled|pro canceled|pro cancelled|no-show|no show|noshow|refunded|"
    "credit memo|credit note|payment"
    "|annulé|annulée|devis|storniert|abgesagt|angebot|entwurf|gutschrift|cancelado|cancelada|anulado|presupuesto|annullato"
    "|preventivo|geannuleerd|offerte|anulowane|avbokad|inställd|deleted"
    "|devis envoyé|refusé|refusée|perdu|perdue|brouillon|avoir|remboursé|remboursée|rechazado|rechazada"
    "|borrador|presupuestado|abono|devuelto|rifiutato|rifiutata|bozza|annullata|rimborsato|nota di credito"
    "|afgewezen|verloren|vervallen|creditnota|odrzucone|wycena|oferta|szkic|anulowany|anulowano|rezygnacja"
    "|korekta|zwrot|offert|avböjd|avböjt|avbokat|avbruten|makulerad|kreditfaktura|utkast|abgelehnt"
    "|kostenvoranschlag|verworfen|erstattet|stornierung",
}
STATUS_WORDS = _by_form(_STATUS)
STATUS_ANSWERS = ("completed", "open", "not_a_job")


def sure_status(normal_word: str) -> str:
    """Return what a status word means for everybody; nothing for words that firms mean different things by."""
    meaning = STATUS_WORDS.get(normal_word, "")
    return "completed" if meaning in {"completed", "paid"} else "" if meaning == "billed" else meaning


_ROW_KINDS = {
    "client": "client|customer|contact|kunde|kundin|neukunde|kontakt|adresse|address|client|cliente|contacto|contatto"
    "|klant|contactpersoon|klient|klientka|kund|new client|new customer|nouveau client|nuevo cliente|nuovo cliente"
    "|nieuwe klant|nowy klient|ny kund",
    "job": "job|work|work done|done|auftrag|arbeit|einsatz|erledigt|chantier|intervention|travail|travaux|prestation"
    "|trabajo|obra|servicio|lavoro|intervento|servizio|klus|opdracht|werk|zlecenie|praca|usługa|jobb|arbete|uppdrag"
    "|tjänst|service|visit|order",
    "promise": "promise|promised|versprechen|versprochen|zusage|zugesagt|promesse|promis|promesa|prometido|promessa"
    "|promesso|belofte|beloofd|toezegging|toegezegd|obietnica|obiecane|löfte|lovat|utlovat",
}
_ROW_KIND = _by_form(_ROW_KINDS)


def row_kind(word: str) -> str:
    """Return client, job or promise, where a row says of itself that it is one."""
    return _ROW_KIND.get(headers.normal(word), "")


_OPTED_IN = frozenset(
    {"subscribed", "opted in", "opted_in", "opt in", "accepted", "agreed", "consented", "granted", "confirmed"}
    | {"ok", "okay", "einverstanden", "zugestimmt", "abonné", "accepte", "suscrito", "iscritto", "marketing contact"}
    | {"erlaubt", "angemeldet", "d'accord", "accepté", "acepta", "aceptado", "acconsente", "accetta", "akkoord"}
    | {"aangemeld", "zgoda", "wyrażona", "samtycke", "samtycker", "godkänt"}
)
_OPTED_OUT = frozenset(
    {"unsubscribed", "opted out", "opted_out", "opt out", "blocked", "cleaned", "stop", "never", "revoked"}
    | {"withdrawn", "do not contact", "no contact", "abgemeldet", "widerrufen", "désabonné", "désinscrit", "baja"}
    | {"widersprochen", "keine werbung", "nicht kontaktieren", "ne pas contacter", "refus", "refuse", "no contactar"}
    | {"dado de baja", "no acepta", "non contattare", "disiscritto", "rifiuta", "afgemeld", "uitgeschreven"}
    | {"niet benaderen", "nie kontaktować", "wypisany", "brak zgody", "cofnięta", "kontakta ej", "avregistrerad"}
    | {"ej samtycke", "inget samtycke", "kein einverständnis", "nicht einverstanden", "pas d'accord"}
)
_NOT_SAID = frozenset(
    {"unknown", "not subscribed", "never subscribed", "not set", "pending", "none", "n/a", "na", "?", "unbekannt"}
    | {"non-marketing contact", "non marketing contact", "inconnu", "desconocido", "sconosciuto", "onbekend"}
    | {"nieznane", "okänt", "okänd", "nicht gefragt", "not asked", "pas demandé"}
)
# Columns in which "no" only says that a box was not ticked: no consent, but no refusal of a thank-you either.
_BOX = re.compile(r"accept|newsletter|marketing|werbung|notifications|subscription")


def flag(value: str) -> bool | None:
    """Return what a yes or no column says, None when it says neither."""
    word = value.strip().lower()
    return True if word in _YES else False if word in _NO else None


_BY_WHAT = headers.words(
    "cash card check cheque transfer bank bar karte ec ec-karte girocard überweisung überwiesen lastschrift paypal"
    " espèces carte chèque virement prélèvement efectivo tarjeta transferencia bizum contanti carta bonifico assegno"
    " bancomat contant pin overboeking overgemaakt tikkie gotówka gotówką karta kartą przelew przelewem blik kontant"
    " kort swish bankgiro vipps sepa stripe twint"
)


def paid(value: str) -> bool | None:
    """Return whether a word in a column of payments says that it was paid; how it was paid says so, too."""
    said = flag(value)
    if said is not None:
        return said
    word = headers.normal(value)
    meaning = STATUS_WORDS.get(word, "")
    return True if meaning in ("paid", "completed") or word in _BY_WHAT else False if meaning in _UNPAID else None


_UNPAID = frozenset({"billed", "open"})


def consent(value: str, header: str) -> str | None:
    """Return opted_in, opted_out or unknown; None for a word that we do not know, which is never guessed."""
    word = value.strip().lower()
    if word in _OPTED_OUT:
        return "opted_out"
    if word in _NOT_SAID:
        return "unknown"
    if word in _OPTED_IN:
        return "opted_in"
    agreed = flag(word)
    if agreed is None:
        return None
    if agreed:
        return "opted_in"
    return "unknown" if _BOX.search(header.lower()) else "opted_out"


def opt_out(value: str) -> bool | None:
    """Return whether an opt-out column says stop; a date in it is the day on which they said so."""
    word = value.strip().lower()
    if word in _OPTED_OUT or word in _OPTED_IN:
        return word in _OPTED_OUT
    stop = flag(word)
    if stop is not None:
        return stop
    if word in _NOT_SAID:
        return False
    return True if days.is_date_shaped(word) else None


_CHANNELS = {
    "email": "email e-mail mail mails emails e-mails courriel correo mejl e-post",
    "call": "call calls phone telephone tel phones telefon anruf téléphone appel teléfono voice ring phonecall bellen"
    " telefonisch telefonicznie ringa llamada chiamata",
    "text": "text texts sms message whatsapp texto mobile handy",
    "letter": "letter letters post brief courrier lettre carta mailing postal brev list poczta lettera",
    "card": "card cards karte postcard carte kaart kartka kort cartolina",
    "visit": "visit visits besuch visite person bezoek wizyta besök visita",
}
_CHANNEL_WORDS = {word: channel for channel, words in _CHANNELS.items() for word in words.split()}
_FILLERS = headers.words(
    "no not by please never only via per the in or and kein keine bitte phone-calls any by: pas de"
)


def channels(value: str) -> tuple[list[str], list[str]]:
    """Return the channels a cell names, and the words that are none."""
    good: list[str] = []
    bad: list[str] = []
    for word in re.split(r"[\s,;/|&+]+", value.strip().lower()):
        channel = _CHANNEL_WORDS.get(word.strip("."))
        if channel:
            if channel not in good:
                good.append(channel)
        elif word and word not in _FILLERS:
            bad.append(word)
    return good, bad


@lru_cache(maxsize=10_000)
def tags(value: str) -> tuple[str, ...]:
    """Return the labels in a cell, once each; Google's own ``* myContacts`` is none of the owner's."""
    parts = (part.strip(' "\t') for part in re.split(r":::|[;,|\n]", value))
    return tuple(dict.fromkeys(part for part in parts if part and not part.startswith("* ")))


NOTHING: Sequence[str] = (
    "null",
    "n/a",
    "#n/a",
    "#ref!",
    "#value!",
    "#name?",
    "-",
    "--",
    "none",
    "nil",
    "k.a.",
    "(none)",
    "n.a.",
    "(blank)",
)
"""What programs and people write into a cell that holds nothing."""
