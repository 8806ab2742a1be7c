"""
One box as one process: ``python -m cvq.edge``, or ``cvq edge`` where the whole product is there.

This is where the time of a box begins: everything else in this package is told it.
"""

import argparse
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from cvq.edge.alone import AlreadyRuns, alone
from cvq.edge.box import Running, asking, folder_of, read_keys
from cvq.edge.command_line import PORT_MAX, UNABLE_STATUS, Parser
from cvq.edge.drivers.fake import FakeSite
from cvq.edge.ports import Nobody, Town
from cvq.edge.uplink import Clock, Uplink
from cvq.kernel.unable import Unable
from cvq.wire.enrolment import Enrolment

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
LISTEN = "127.0.0.1:0"
FAILED_STATUS = 1


class BadAddress(Unable):
    """The address to listen on is not one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--device", type=int, required=True, metavar="N", help="numéro du boîtier, obligatoire"
    )
    parser.add_argument(
        "--home",
        type=Path,
        metavar="DOSSIER",
        help="dossier du territoire (sinon CVQ_HOME, sinon var/ ici)",
    )
    parser.add_argument(
        "--gateway",
        default="",
        metavar="ADRESSE",
        help="adresse de la passerelle, http ou https (aucune : le boîtier vit seul)",
    )
    parser.add_argument(
        "--listen",
        default=LISTEN,
        metavar="HÔTE:PORT",
        help=f"où écoutent les lecteurs simulés ({LISTEN} : un port libre, qui est affiché)",
    )


def run(args: argparse.Namespace, clock: Clock | None = None) -> int:
    """Run the box until it is asked to stop; 1 if it already runs."""
    folder: Path = args.home or Path(os.environ.get("CVQ_HOME", "var")).absolute()
    enrolment = read_keys(folder, args.device)
    try:
        with alone(folder_of(folder, args.device), args.device):
            _live(args, folder, enrolment, clock or system_clock())
    except AlreadyRuns as already:
        sys.stderr.write(f"{already}\n")
        return FAILED_STATUS
    return 0


def _live(args: argparse.Namespace, folder: Path, enrolment: Enrolment, clock: Clock) -> None:
    site = _site(args.listen, enrolment)
    town: Town = asking(enrolment, args.gateway, time.monotonic) if args.gateway else Nobody()
    box = Running(
        enrolment,
        folder_of(folder, args.device),
        reader=site,
        actuator=site,
        town=town,
        boot=boot_id(),
    )
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    telling = _tell(box.uplink(args.gateway, clock), stop) if args.gateway else None
    sys.stdout.write(f"Boîtier {args.device} : lecteurs sur {site.address[0]}:{site.address[1]}\n")
    for number, place in enrolment.points:
        sys.stdout.write(f"  point {number} : {place}\n")
    sys.stdout.flush()
    try:
        box.loop(stop, clock, site.wait)
    finally:
        stop.set()
        box.link.wake()
        if telling is not None:
            telling.join(timeout=5)
        site.close()
        box.close()


def _site(listen: str, enrolment: Enrolment) -> FakeSite:
    host, port = _address(listen)
    try:
        return FakeSite(
            host=host, port=port, turnstile=enrolment.turnstile, points=dict(enrolment.points)
        )
    except OSError as error:
        raise BadAddress(
            f"{listen} est déjà pris, ou n'est pas une adresse de cette machine : donnez-en une "
            "autre à --listen."
        ) from error


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > PORT_MAX:
        raise BadAddress(f"{listen} : écrivez hôte:port, par exemple 127.0.0.1:7000.")
    return host, int(port)


def system_clock() -> Clock:
    """Return the clocks of this machine; the second goes on while it sleeps."""
    return Clock(
        now=lambda: time.time_ns() // 1_000_000,
        mono=lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
    )


def boot_id() -> str:
    """Return what names this start of the machine, within which `mono` can be compared."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


def _tell(uplink: Uplink, stop: threading.Event) -> threading.Thread:
    def telling() -> None:
        try:
            uplink.run(stop)
            uplink.close()
        finally:
            # A box that no longer tells must be started again, not go on in silence.
            stop.set()

    thread = threading.Thread(target=telling, name="uplink", daemon=True)
    thread.start()
    return thread


def main(argv: Sequence[str] | None = None) -> int:
    """Run a box and return its exit status; what we are unable to do is one sentence."""
    parser = Parser(prog="cvq-edge", description="Fait tourner un boîtier.")
    add_arguments(parser)
    try:
        return run(parser.parse_args(argv))
    except Unable as unable:
        sys.stderr.write(f"cvq-edge : {unable}\n")
        return UNABLE_STATUS


if __name__ == "__main__":
    sys.exit(main())
