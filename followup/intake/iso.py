"""Names of countries and languages -> their codes.

Takes text of a cell, in any language of our homes. Gives ISO 3166 and ISO 639 codes. Touches nothing.
"""

from __future__ import annotations

import re

from followup import codes

_COUNTRIES = {
    "GB": "uk|u.k.|united kingdom|great britain|england|scotland|wales|northern ireland|großbritannien|"
    "royaume-uni|reino unido"
    "|storbritannien|verenigd koninkrijk|wielka brytania|regno unito|gran bretaña|gran bretagna"
    "|groot-brittannië|engeland|anglia|inghilterra|inglaterra|angleterre",
    "US": "usa|u.s.a.|u.s.|united states|united states of america|america|vereinigte staaten|états-unis|estados unidos"
    "|stany zjednoczone|verenigde staten|stati uniti|ee. uu.|förenta staterna",
    "DE": "germany|deutschland|allemagne|alemania|germania|duitsland|niemcy|tyskland|d|brd",
    "AT": "austria|österreich|autriche|oostenrijk|a|österrike",
    "CH": "switzerland|schweiz|suisse|svizzera|suiza|zwitserland|szwajcaria",
    "FR": "france|frankreich|francia|frankrijk|francja|f|frankrike",
    "ES": "spain|españa|spanien|espagne|spagna|spanje|e|hiszpania",
    "IT": "italy|italia|italien|italie|włochy|italië",
    "NL": "netherlands|the netherlands|nederland|holland|niederlande|pays-bas|países bajos"
    "|paesi bassi|olanda|holandia|nederländerna|hollande|países bajos",
    "BE": "belgium|belgië|belgique|belgien|belgio|bélgica|belgia",
    "IE": "ireland|éire|eire|republic of ireland|irland|irlande|ierland|irlandia|irlanda",
    "PL": "poland|polska|polen|pologne|polonia",
    "SE": "sweden|sverige|schweden|suède|zweden|szwecja|svezia|suecia",
    "DK": "denmark|danmark|dänemark|danemark|denemarken|dania|dinamarca|danimarca",
    "NO": "norway|norge|norwegen|norvège|noorwegen|norwegia|noruega",
    "FI": "finland|suomi|finnland|finlande|finlandia|finlande|finland",
    "PT": "portugal|portugalia|portogallo",
    "LU": "luxembourg|luxemburg|lussemburgo|luksemburg|luxemburgo",
    "CA": "canada|kanada",
    "AU": "australia|australien|australie",
    "NZ": "new zealand|neuseeland|nouvelle-zélande",
    "ZA": "south africa|südafrika",
    "IN": "india|indien",
    "MX": "mexico|méxico|mexiko",
    "CZ": "czechia|czech republic|tschechien|česko",
}
_COUNTRY_WORDS = {word: code for code, words in _COUNTRIES.items() for word in words.split("|")}
_LANGUAGES = {
    "en": "english|englisch|anglais|inglés|inglese|engels|angielski|engelska",
    "de": "german|deutsch|allemand|alemán|tedesco|duits|niemiecki|tyska",
    "fr": "french|français|französisch|francés|francese|frans|francuski|franska",
    "es": "spanish|español|castellano|spanisch|espagnol|spagnolo|spaans|hiszpański",
    "it": "italian|italiano|italienisch|italien|italiaans",
    "nl": "dutch|nederlands|niederländisch|néerlandais",
    "pl": "polish|polski|polnisch|polonais",
    "sv": "swedish|svenska|schwedisch|suédois",
    "pt": "portuguese|português|portugiesisch|portugais",
    "da": "danish|dansk",
    "no": "norwegian|norsk",
    "fi": "finnish|suomi",
    "cy": "welsh|cymraeg",
    "tr": "turkish|türkçe|türkisch",
    "ru": "russian|русский|russisch",
    "uk": "ukrainian|українська|ukrainisch",
}
_LANGUAGE_WORDS = {word: code for code, words in _LANGUAGES.items() for word in words.split("|")}


def country(value: str) -> str:
    """Return the ISO code of a country where it could be read, else what was written."""
    text = value.strip()
    if text.upper() in codes.COUNTRIES:
        return text.upper()
    return _COUNTRY_WORDS.get(text.lower(), text)


def language(value: str) -> str:
    """Return the ISO code of a language, or nothing when it is none that we know."""
    text = value.strip().lower()
    short = re.split(r"[-_]", text)[0]
    if short in codes.LANGUAGES:
        return short
    return _LANGUAGE_WORDS.get(text, "")
