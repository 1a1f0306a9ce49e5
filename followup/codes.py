"""Codes of the world's standards: countries, languages, currencies, and the nearest of the known names.

Takes text. Gives codes. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# ISO 3166-1 alpha-2.
COUNTRIES = _words(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """
)

# ISO 639-1.
LANGUAGES = _words(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee
    el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is
    it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms
    mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk
    sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi
    yo za zh zu
    """
)

# ISO 4217, the currencies in use.
CURRENCIES = _words(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
    CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
    HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD
    MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN
    PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY
    TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """
)

_NO_DECIMALS = _words("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF")
_THREE_DECIMALS = _words("BHD IQD JOD KWD LYD OMR TND")
MINOR_DIGITS = {**dict.fromkeys(_NO_DECIMALS, 0), **dict.fromkeys(_THREE_DECIMALS, 3)}

# What a new home proposes; every one of them is a setting.
_CURRENCY_OF = {
    "EUR": "AD AT AX BE BG CY DE EE ES FI FR GF GP GR HR IE IT LT LU LV MC ME MF MQ MT NL PM PT RE SI SK SM VA YT",
    "GBP": "GB GG IM JE",
    "USD": "AS EC GU MH MP PR PW SV TC TL UM US VG VI",
    "AUD": "AU CC CX HM KI NF NR TV",
    "CHF": "CH LI",
    "NZD": "CK NU NZ PN TK",
    "DKK": "DK FO GL",
    "NOK": "BV NO SJ",
    "SEK": "SE",
    "CAD": "CA",
    "PLN": "PL",
    "CZK": "CZ",
    "HUF": "HU",
    "RON": "RO",
    "ISK": "IS",
    "TRY": "TR",
    "ZAR": "ZA",
    "INR": "IN",
    "JPY": "JP",
    "CNY": "CN",
    "KRW": "KR",
    "SGD": "SG",
    "HKD": "HK",
    "MYR": "MY",
    "THB": "TH",
    "PHP": "PH",
    "IDR": "ID",
    "VND": "VN",
    "TWD": "TW",
    "ILS": "IL",
    "AED": "AE",
    "SAR": "SA",
    "EGP": "EG",
    "NGN": "NG",
    "KES": "KE",
    "GHS": "GH",
    "MXN": "MX",
    "BRL": "BR",
    "ARS": "AR",
    "CLP": "CL",
    "COP": "CO",
    "PEN": "PE",
    "UYU": "UY",
    "UAH": "UA",
    "RSD": "RS",
}
_LANGUAGE_OF = {
    "de": "AT CH DE LI",
    "fr": "FR LU MC",
    "es": "AR BO CL CO CR CU DO EC ES GT HN MX NI PA PE PR PY SV UY VE",
    "it": "IT SM VA",
    "nl": "NL SR",
    "pt": "AO BR MZ PT",
    "da": "DK",
    "sv": "SE",
    "nb": "NO",
    "fi": "FI",
    "pl": "PL",
    "cs": "CZ",
    "sk": "SK",
    "hu": "HU",
    "ro": "RO",
    "el": "CY GR",
    "tr": "TR",
    "ja": "JP",
}
_COMMON_MISTAKES = {"UK": "GB", "EN": "GB", "USA": "US", "GER": "DE", "EL": "GR"}


def currency_of(country: str) -> str:
    """Return the currency of *country*, or an empty text where we do not know."""
    return next((currency for currency, places in _CURRENCY_OF.items() if country in places.split()), "")


def language_of(country: str) -> str:
    """Return the language that a business in *country* most likely writes in; English where we do not know."""
    return next((language for language, places in _LANGUAGE_OF.items() if country in places.split()), "en")


def country_meant(text: str) -> str:
    """Return the code that people usually mean by a wrong one ("UK" for GB), or an empty text."""
    return _COMMON_MISTAKES.get(text.upper(), "")


def nearest(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """Return which of the *known* names *name* was probably meant to be, or an empty text."""
    import difflib  # only a mistake pays for it

    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=likeness)), "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the nearest of the *known* names, or one that lists them all."""
    names = list(known)
    near = nearest(name, names)
    if near:
        return f"Did you mean '{near}'?"
    return f"Known: {', '.join(names)}." if names else ""
