"""How likely a text is what somebody wrote: the code pages of countries, their letters, and letters in odd places.

Takes decoded text. Gives counts. Touches nothing. Which code page Windows uses where is Microsoft's default ANSI code
page of the country's locale; a country that is not in the table has the western one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WESTERN_LETTERS = "àáâãäåæçèéêëìíîïñòóôõöøùúûüÿœß"
_ABROAD_LETTERS = WESTERN_LETTERS.replace("ã", "").replace("õ", "")
"""Without Portuguese: those two stand where Hungarian and Romanian write their own most frequent letters."""
_CYRILLIC, _GREEK, _HEBREW, _ARABIC, _THAI = (
    "\u0400-\u04ff",
    "\u0370-\u03ff",
    "\u0590-\u05ff",
    "\u0600-\u06ff",
    "\u0e00-\u0e7f",
)
_KANA, _HAN, _HANGUL = "\u3040-\u30ff\uff66-\uff9f", "\u3400-\u9fff\uf900-\ufaff", "\uac00-\ud7a3"


@dataclass(frozen=True, slots=True)
class Page:
    """What old programs write in some countries."""

    windows: str
    letters: str  # of its languages beyond ASCII, as inside of [ ] in a regular expression; small ones are enough
    rivals: tuple[str, ...]  # what else is written there: Apple's, ISO's, DOS's


_CENTRAL = ("iso8859-2", "mac_latin2", "cp852")
WESTERN = Page("cp1252", WESTERN_LETTERS, ("mac_roman",))
_PAGES = (
    ("PL", Page("cp1250", "ąćęłńóśźż", _CENTRAL)),
    ("CZ SK", Page("cp1250", "áäčďéěíĺľňóôŕřšťúůýž", _CENTRAL)),
    ("HU", Page("cp1250", "áéíóöőúüű", _CENTRAL)),
    ("SI HR BA ME", Page("cp1250", "čćđšž", ("iso8859-2", "mac_croatian", "cp852"))),
    ("RO MD", Page("cp1250", "ăâîşţ", ("iso8859-2", "mac_romanian", "cp852"))),
    ("AL XK", Page("cp1250", "çë", _CENTRAL)),
    ("RU UA BG BY MK RS KZ KG MN TJ", Page("cp1251", _CYRILLIC, ("mac_cyrillic", "koi8-r", "cp866"))),
    ("GR CY", Page("cp1253", _GREEK, ("mac_greek", "iso8859-7"))),
    ("TR AZ UZ", Page("cp1254", "çğıİöşüâîû", ("mac_turkish",))),
    ("IL", Page("cp1255", _HEBREW, ("cp862",))),
    ("AE AF BH DZ EG IQ IR JO KW LB LY MA OM PK QA SA SD SY TN YE", Page("cp1256", _ARABIC, ())),
    ("EE", Page("cp1257", "äõöüšž", ("iso8859-13", "iso8859-4"))),
    ("LV", Page("cp1257", "āčēģīķļņšūž", ("iso8859-13", "iso8859-4"))),
    ("LT", Page("cp1257", "ąčęėįšųūž", ("iso8859-13", "iso8859-4"))),
    ("VN", Page("cp1258", "àáâãèéêìíòóôõùúýăđĩũơư", ())),
    ("TH", Page("cp874", _THAI, ())),
    ("JP", Page("cp932", _KANA + _HAN, ("euc_jp",))),
    ("KR KP", Page("cp949", _HANGUL + _HAN, ())),
    ("CN", Page("gb18030", _HAN, ())),
    ("TW HK MO", Page("cp950", _HAN, ())),
    ("IS FO", Page("cp1252", WESTERN_LETTERS + "ðþý", ("mac_iceland",))),
)
PAGES = {country: page for countries, page in _PAGES for country in countries.split()}

ABROAD = ("cp1252", "mac_roman", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "cp850")
"""What a file may be in that came from another country, offered where it reads well."""


def page(country: str) -> Page:
    """Return what old programs write in a country, ISO 3166."""
    return PAGES.get(country, WESTERN)


def letters_of(encoding: str, home: Page) -> str:
    """Return the letters that speak for *encoding*: the home's, or those of the countries whose code page it is."""
    if encoding == home.windows or encoding in home.rivals:
        return home.letters
    theirs = "".join(dict.fromkeys("".join(each.letters for _, each in _PAGES if each.windows == encoding)))
    if theirs and encoding != WESTERN.windows:
        return theirs
    return WESTERN_LETTERS if home.windows == WESTERN.windows else _ABROAD_LETTERS


@dataclass(frozen=True, slots=True)
class Likelihood:
    """What speaks for a reading and what against it."""

    own: int  # letters of the languages
    odd: int  # characters that nobody writes where they stand
    strange: int  # characters beyond ASCII, all of them

    @property
    def sound(self) -> bool:
        """Tell whether it reads like something that somebody wrote; one slip in twenty is human."""
        return self.odd * 20 <= self.strange

    def rivals(self, other: Likelihood) -> bool:
        """Tell whether it may be what was written where *other* may be, too."""
        return self.sound and self.own > 0 and self.own * other.strange >= other.own * self.strange


_STRANGE = re.compile("[^\x00-\x7f]")
_CONTROL = re.compile("[\x80-\x9f\ue000-\uf8ff\ufffd\ufffe\uffff]")
_IN_WORDS = frozenset("'’‘´`·–—-\xa0\xad")
# Nobody writes these right before a letter, or right after one: they are letters of another alphabet, misread.
_NOT_BEFORE = frozenset("¯¸¨´¹²³¤¦¬±¶÷×†‡‰ƒˆ˜£¢¥»›")
_NOT_AFTER = frozenset("¿¡¤¦¬±¶÷×¯¸¨†‡‰ˆ˜«‹¹")


def likelihood(text: str, letters: str) -> Likelihood:
    """Return what speaks for *text* where *letters* are written."""
    own = re.compile(f"[{letters}{letters.upper() if '-' not in letters else ''}]")
    western = "œ" in letters
    found = odd = strange = 0
    for match in _STRANGE.finditer(text):
        strange += 1
        place = match.start()
        char = match[0]
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if own.match(char):
            found += 1
        if char.isalpha():
            odd += _odd_letter(text, place, char, before, after, western=western)
        else:
            odd += _odd_sign(text, place, char, before, after)
    return Likelihood(found, odd, strange)


def _odd_letter(text: str, place: int, char: str, before: str, after: str, *, western: bool) -> bool:
    if _CONTROL.match(char):
        return True
    if char.isupper() and (before.islower() or (before.isalpha() and after.islower())):
        return True
    if char.islower() and after.isupper():
        return True
    if not _latin(char):  # another script within a Latin word; LG전자 is a name all the same
        return _small_ascii(before) or _small_ascii(after)
    if char.isupper() and not before.isalpha() and not after.isalpha() and after not in (".", "'", "’"):
        return True
    if western:  # Иванов reads Èâàíîâ there: no western word has three such letters in a row
        return len(_STRANGE.findall(text[max(0, place - 2) : place + 1])) == 3 and text[place - 2 : place].isalpha()
    return False


def _odd_sign(text: str, place: int, char: str, before: str, after: str) -> bool:
    if _CONTROL.match(char) or "\u2500" <= char <= "\u259f":  # the frames of DOS
        return True
    if ord(char) > 0x2FFF or not (_latin(before) or _latin(after)):  # other scripts have their own signs
        return False
    if before.isalpha() and after.isalpha():
        return char not in _IN_WORDS
    if after.isalpha() and char in _NOT_BEFORE:
        return True
    if before.isalpha() and char in _NOT_AFTER:
        return True
    return char in "²³" and text[max(0, place - 3) : place].isalpha() and place >= 3  # Micha³; but km² and qm²


def _latin(char: str) -> bool:
    return char.isalpha() and (char < "\u0250" or "\u1e00" <= char < "\u1f00")


def _small_ascii(char: str) -> bool:
    return char.isascii() and char.islower()
