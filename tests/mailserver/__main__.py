"""The server as a process of its own, which outlives the clients that a storm kills.

``python -m tests.mailserver --log truth.jsonl --port-file port --fault '{"at": "dot", "do": "drop", "share": 0.03}'``

Takes options. Gives its port in a file, once it listens, and the truth in another. Ends when its standard input does,
so that it does not outlive who started it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

from tests.mailserver import PASSWORD, SECURITIES, USER, Certificates, Fault, FaultServer


def main() -> None:
    """Serve until nobody is there any more."""
    parser = argparse.ArgumentParser(prog="python -m tests.mailserver", description=__doc__)
    parser.add_argument("--log", type=Path, required=True, help="where the truth is written, line by line")
    parser.add_argument("--port-file", type=Path, required=True, help="where the port is written once it listens")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--security", choices=SECURITIES, default="none")
    parser.add_argument("--certificates", type=Path, help="the folder that tests.mailserver.certificates.make filled")
    parser.add_argument("--certificate", default="good")
    parser.add_argument("--fault", type=json.loads, action="append", default=[], help="a Fault, as JSON")
    parser.add_argument("--delays", type=json.loads, default={}, help="place -> seconds, as JSON")
    parser.add_argument("--open", action="store_true", help="no login is asked for or offered")
    parser.add_argument("--seed", type=int, default=0, help="for faults with a share")
    options = parser.parse_args()
    random.seed(options.seed)
    with FaultServer(
        security=options.security,
        certificates=Certificates(options.certificates) if options.certificates else None,
        certificate=options.certificate,
        users={} if options.open else {USER: PASSWORD},
        faults=[Fault(**fault) for fault in options.fault],
        delays=options.delays,
        log=options.log,
        port=options.port,
    ) as server:
        partial = options.port_file.with_suffix(".part")
        partial.write_text(str(server.port), encoding="ascii")
        partial.replace(options.port_file)
        sys.stdin.read()
    if server.surprises:
        sys.exit(f"the mail server was surprised: {server.surprises}")


main()
