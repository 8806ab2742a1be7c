"""
Take the pictures of ``docs/screens`` from a demonstration that lives.

    .venv/bin/python scripts/pictures.py             # starts one, apart from everything
    .venv/bin/python scripts/pictures.py --demo LOG  # one that runs; LOG is all that it printed

Takes some five minutes.  ``--mockups FOLDER`` reduces the drawings of the design beside them.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cover import SIZE, compose
from palette import write_small

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screens"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
]
AT, SPEED = "2025-06-03T08:10", 10
READY_SECONDS_MAX, LIVED_SECONDS = 600, 120
MAIL = {
    "parent": "parent@exemple.fr",
    "desk": "guichet@exemple.fr",
    "board": "supervision@exemple.fr",
    "tariffs": "tarifs@exemple.fr",
}
PHONE, DESKTOP, DESK, KIOSK, READER = (390, 844), (1280, 900), (1440, 900), (1080, 1920), (480, 800)
# How wide a picture is kept, and how much of a long page, in pixels of its screen.
KEPT = {PHONE: 390, DESKTOP: 1000, DESK: 1200, KIOSK: 640, READER: 320}
TALLEST = {PHONE: 3300, DESKTOP: 2200, DESK: 1500}

TOLD = {
    "url": re.compile(r"^  Pages +(http://\S+)", re.M),
    "dsn": re.compile(r"^  Base +(\S.*)$", re.M),
    "home": re.compile(r"^  SMS et courriels +(\S+)/mailbox$", re.M),
}

PORTAL = {
    "p3-home": "/accueil/",
    "p4-statement": "/releve/",
    "p4b-operation": "/operation/{entry}/",
    "p5-top-up": "/recharger/",
    "p7-cards": "/cartes/",
    "p7b-lost": "/cartes/perdue/",
}
FOR_EVERYBODY = {"p0-log-in": "/connexion/", "p1-welcome": "/"}
ANSWERS = {"allow": "entree", "note": "note", "no": "quota", "again": "relire"}
MOCKUPS = (
    *("portal-home", "portal-home-390", "portal-home-sombre", "portal-home-390-sombre"),
    *("statement", "statement-390", "desk-family", "ops-live"),
    *("kiosk-attract", "kiosk-topup", "tap-result"),
)


class Territory:
    """A demonstration that lives, and who looks at its pages."""

    def __init__(self, told: str) -> None:
        """Read what it printed, and what its database says of whom it shows."""
        url, dsn, home = (str(TOLD[name].findall(told)[0]) for name in ("url", "dsn", "home"))
        self.url = url
        os.environ.update(DATABASE_URL=dsn, CVQ_HOME=home, DJANGO_ALLOW_ASYNC_UNSAFE="1")
        os.environ["DJANGO_SETTINGS_MODULE"] = "cvq.config.settings"
        import django

        django.setup()
        from cvq.access.models import User

        person = User.objects.get(email=MAIL["parent"]).person
        assert person is not None
        self.parent = person
        self.household = person.memberships.get().household

    def session(self, who: str) -> dict[str, str]:
        """Return the cookie of somebody who has logged in."""
        from django.test import Client

        from cvq.access.models import User

        client = Client()
        client.force_login(User.objects.get(email=MAIL[who]))
        value = str(client.cookies["sessionid"].value)
        return {"name": "sessionid", "value": value, "url": self.url}

    def card(self) -> str:
        """Return the number of a card of the parent."""
        from cvq.cards.models import Medium

        held = Medium.objects.filter(holdings__person=self.parent)
        return str(held.order_by("-id")[0].number)

    def entry(self) -> int | None:
        """Return the last operation of the family that says why it costs what it costs."""
        from cvq.billing.models import Charge

        charged = Charge.objects.filter(payer=self.household.wallet_id)
        return charged.order_by("-entry_id").values_list("pk", flat=True).first()

    def kiosk(self) -> str:
        """Return the address of a kiosk."""
        from cvq.catalog.models import Device
        from cvq.kiosk.addresses import kiosk_address

        kiosk = Device.objects.filter(profile="KIOSK", state="ENROLLED").order_by("id")[0]
        return self.url + kiosk_address(kiosk.pk)

    def quiet(self) -> int:
        """Return the number of the box that was heard longest ago."""
        from cvq.catalog.models import Device
        from cvq.taps.contact import last_heard

        heard = last_heard()
        doors = Device.objects.filter(state="ENROLLED", pk__in=list(heard)).values_list(
            "pk", flat=True
        )
        return min(doors, key=lambda number: heard[number])


@contextmanager
def lived() -> Iterator[str]:
    """Start a demonstration, let it live a while, and yield what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # PostgreSQL keeps its data there, as another user than root
        log = Path(folder) / "log"
        command = ["./cvq", "demo", "--at", AT, "--speed", str(SPEED)]
        command += ["--port", "18020", "--web-port", "18010"]
        with log.open("w") as told:
            environment = {**os.environ, "CVQ_HOME": f"{folder}/home"}
            demo = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=told)
        try:
            ends_at = time.monotonic() + READY_SECONDS_MAX
            while "Ctrl-C" not in log.read_text():
                if demo.poll() is not None or time.monotonic() > ends_at:
                    raise SystemExit("La démonstration ne démarre pas.")
                time.sleep(1)
            time.sleep(LIVED_SECONDS)
            yield log.read_text()
        finally:
            demo.terminate()
            demo.wait(60)


class Camera:
    """A browser, and the folder in which its pictures are kept."""

    def __init__(self, browser: Any, there: Territory) -> None:
        """Open an empty page, on which pictures are made small."""
        self.browser = browser
        self.there = there
        self.table = browser.new_page()

    @contextmanager
    def page(
        self, size: tuple[int, int], who: str = "", theme: str = "light", *, scale: int = 1
    ) -> Iterator[Any]:
        """Open a page as somebody would, on a screen of theirs."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="fr-FR",
            color_scheme=theme,
            reduced_motion="reduce",
            device_scale_factor=scale,
        )
        if who:
            context.add_cookies([self.there.session(who)])
        yield context.new_page()
        context.close()

    def shoot(self, page: Any, name: str, *, whole: bool = True) -> None:
        """Keep a picture of a page: of the whole page, unless it is long, or of its screen."""
        page.evaluate("document.fonts.ready")
        size = page.viewport_size
        width = KEPT[size["width"], size["height"]]
        if whole:  # a bar that sticks to the screen ends the picture, as it does the screen
            tall = page.evaluate("document.documentElement.scrollHeight")
            tallest = TALLEST.get((size["width"], size["height"]), size["height"])
            tall = min(max(tall, size["height"]), tallest)
            page.set_viewport_size({"width": size["width"], "height": tall})
        page.wait_for_timeout(400)
        picture = page.screenshot()
        page.set_viewport_size(size)
        write_small(self.table, picture, FOLDER / f"{name}.png", width=width)
        print(name, flush=True)


def portal(camera: Camera) -> None:
    """The pages of residents: on a desktop, on a phone, and one of them at night."""
    there = camera.there
    for size, suffix in ((DESKTOP, ""), (PHONE, "-390")):
        with camera.page(size) as page:
            for name, path in FOR_EVERYBODY.items():
                page.goto(there.url + path)
                camera.shoot(page, name + suffix)
        with camera.page(size, "parent") as page:
            for name, path in PORTAL.items():
                entry = there.entry()
                if "{entry}" in path and entry is None:
                    print(f"{name} : la famille n'a encore rien payé")
                    continue
                page.goto(there.url + path.format(entry=entry))
                camera.shoot(page, name + suffix)
    for size, suffix in ((DESKTOP, "-dark"), (PHONE, "-390-dark")):
        with camera.page(size, "parent", "dark") as page:
            page.goto(there.url + PORTAL["p3-home"])
            camera.shoot(page, "p3-home" + suffix)


def desk(camera: Camera) -> None:
    """The pages of agents: a search, a file, a card that is given."""
    there = camera.there
    family = f"{there.url}/guichet/famille/{there.household.uid}/"
    with camera.page(DESK, "desk") as page:
        page.goto(f"{there.url}/guichet/?q={there.parent.birth_name}")
        camera.shoot(page, "d1-search")
        page.goto(family)
        page.get_by_role("button", name="La personne est au guichet").click()
        page.wait_for_load_state("load")
        camera.shoot(page, "d2-family")
        page.goto(family + "carte/nouvelle/")
        camera.shoot(page, "d3-card")


def tariffs(camera: Camera) -> None:
    """What services cost, a version that somebody prepares for two, and a price at a counter."""
    there = camera.there
    with camera.page(DESK, "tariffs") as page:
        page.goto(f"{there.url}/guichet/tarifs/")
        camera.shoot(page, "a2-tariffs", whole=False)
        page.goto(f"{there.url}/guichet/tarifs/POOL-GATINEO/")
        begin = page.get_by_role("button", name="Préparer une nouvelle version")
        if begin.count():
            begin.click()
            page.wait_for_load_state("load")
            page.get_by_label("€, ligne 4").fill("4,80")
            page.keyboard.press("Enter")
            page.wait_for_selector("text=Brouillon enregistré.")
        else:
            page.get_by_role("link", name="Continuer la version").click()
        page.wait_for_load_state("load")
        page.goto(page.url.partition("#")[0])
        page.get_by_text("Ce tarif vaut aussi pour").first.click()
        other = page.get_by_role("checkbox").first
        if not other.is_checked():
            other.check()
            page.get_by_role("button", name="Enregistrer les services").click()
            page.wait_for_selector("text=Brouillon enregistré.")
            page.goto(page.url.partition("#")[0])
        camera.shoot(page, "a2-tariff")
        page.goto(f"{there.url}/guichet/prix/SALLE-POLYVALENTE/")
        page.get_by_label("Lieu d'habitation").select_option("outside")
        page.get_by_label("Jour de la location").fill("2025-12-06")
        page.get_by_label("Espace loué").select_option("whole")
        page.get_by_label("Durée").select_option("weekend")
        page.get_by_role("button", name="Calculer").click()
        page.wait_for_load_state("load")
        camera.shoot(page, "a2-price")


def board(camera: Camera) -> None:
    """The board, and the page of a box that is quiet."""
    there = camera.there
    with camera.page(DESK, "board", "dark") as page:
        page.goto(f"{there.url}/supervision/")
        page.wait_for_timeout(15_000)  # taps arrive
        camera.shoot(page, "o1-live", whole=False)
        page.goto(f"{there.url}/supervision/appareil/{there.quiet()}/")
        camera.shoot(page, "o2-device", whole=False)


def kiosk(camera: Camera) -> None:
    """A visit at a kiosk, from the card to the receipt."""
    address = camera.there.kiosk()
    with camera.page(KIOSK) as page:

        def shoot(name: str) -> None:
            camera.shoot(page, name, whole=False)

        page.goto(address)
        shoot("k1-waiting")
        page.goto(f"{address}lecture/")
        shoot("k2-reading")
        page.get_by_label("Numéro de la carte").fill(camera.there.card())
        page.get_by_role("button", name="Poser la carte").click()
        page.wait_for_load_state("load")
        shoot("k3-account")
        page.goto(f"{address}recharger/?euros=30")
        shoot("k4-amount")
        page.get_by_role("button", name="Payer").click()
        page.wait_for_load_state("load")
        shoot("k5-payment")
        page.get_by_role("button", name="Accepté").click()
        page.locator(".eclair").wait_for(state="hidden")
        shoot("k6-receipt")


def readers(camera: Camera) -> None:
    """The four answers of a reader, and all of them without their colours."""
    with camera.page(READER) as page:
        for name, path in ANSWERS.items():
            page.goto(f"{camera.there.url}/lecteurs/{path}/")
            camera.shoot(page, f"reader-{name}", whole=False)
    with camera.page(DESK) as page:
        page.goto(f"{camera.there.url}/lecteurs/")
        camera.shoot(page, "readers")


def cover(camera: Camera) -> None:
    """The picture of the README: what a parent, a child and a supervisor see at one hour."""
    there = camera.there
    with (
        camera.page(PHONE, "parent", scale=2) as phone,
        camera.page(READER) as reader,
        camera.page(DESK, "board", "dark") as live,
    ):
        live.goto(f"{there.url}/supervision/")
        phone.goto(there.url + PORTAL["p3-home"])
        reader.goto(f"{there.url}/lecteurs/{ANSWERS['allow']}/")
        live.wait_for_timeout(15_000)  # taps arrive
        shots = {"board": live, "phone": phone, "reader": reader}
        taken = {name: page.screenshot() for name, page in shots.items()}
    with camera.page(SIZE) as page:
        picture = compose(page, **taken)
    write_small(camera.table, picture, FOLDER / "cover.png", width=SIZE[0])
    print("cover", flush=True)


GROUPS = {
    "portal": portal,
    "desk": desk,
    "tariffs": tariffs,
    "kiosk": kiosk,
    "readers": readers,
    "board": board,
    "cover": cover,
}


def main() -> None:
    """Take the pictures that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="|".join(GROUPS), help="these only")
    parser.add_argument("--demo", type=Path, help="what a demonstration that runs printed")
    parser.add_argument("--mockups", type=Path, help="the drawings of the design, to be reduced")
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        if args.mockups:
            reduce_mockups(browser, args.mockups)
            return
        with kept(args.demo) if args.demo else lived() as told:
            camera = Camera(browser, Territory(told))
            for name in args.groups or GROUPS:
                GROUPS[name](camera)


@contextmanager
def kept(log: Path) -> Iterator[str]:
    """Yield what a demonstration of somebody else's printed."""
    yield log.read_text()


def reduce_mockups(browser: Any, folder: Path) -> None:
    """Reduce the drawings of the screens that are built."""
    (FOLDER / "mockups").mkdir(parents=True, exist_ok=True)
    for name in MOCKUPS:
        width = 390 if "390" in name else 540 if "kiosk" in name else 800
        file = FOLDER / "mockups" / f"{name}.png"
        picture = (folder / f"{name}.png").read_bytes()
        write_small(browser.new_page(), picture, file, width=width)


if __name__ == "__main__":
    main()
