"""Certificates for the mail server of the tests: a good one, and each way to be a bad one.

Takes a folder. Gives the paths of PEM files. Touches that folder.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HOST = "localhost"
KINDS = ("good", "expired", "wrong-host", "self-signed")


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the files lie: `ca_file` is what a client trusts, the rest is named by kind."""

    folder: Path

    @property
    def ca_file(self) -> Path:
        """Return the certificate of the authority that signed all but the self-signed one."""
        return self.folder / "ca.pem"

    def server_context(self, kind: str = "good") -> ssl.SSLContext:
        """Return what a server needs to show the certificate of that kind."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{kind}.pem")
        return context


def make(folder: Path) -> Certificates:
    """Make one certificate of each kind in *folder*.

    trustme gives them subject and authority key identifiers, without which Python 3.13 refuses even the good one.
    """
    import trustme

    authority, stranger = trustme.CA(), trustme.CA()
    past = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    leaves = {
        "good": authority.issue_cert(HOST, "127.0.0.1", "::1"),
        "expired": authority.issue_cert(HOST, "127.0.0.1", not_before=past[0], not_after=past[1]),
        "wrong-host": authority.issue_cert("mail.elsewhere.example"),
        "self-signed": stranger.issue_cert(HOST, "127.0.0.1"),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for kind, leaf in leaves.items():
        leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / f"{kind}.pem"))
    certificates = Certificates(folder)
    authority.cert_pem.write_to_path(str(certificates.ca_file))
    return certificates
