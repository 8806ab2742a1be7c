"""What the documents name must be there: files, addresses, commands, and the bytes of the edge."""

import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cvq.config import commands
from cvq.wire import signing
from cvq.wire.events import Event, canon, chained, genesis
from cvq.wire.messages import Manifest

ROOT = Path(__file__).resolve().parent.parent
PROTOCOL = ROOT / "docs/integrate/edge-protocol.md"
FOLDERS = ("src", "docs", "tests", "bench", "scripts", "deploy", ".ci")
# Names of things that are not in the repository, or that stand for several.
NOT_FILES = re.compile(r"[<>*{}$…]|^/|^pg/|^edge/\d|^devices/|^secrets/|^keys/")


def pages() -> list[Path]:
    top = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]
    return [*top, *sorted((ROOT / "docs").rglob("*.md"))]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links() -> Iterator[tuple[Path, str, str]]:
    for page in pages():
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if "://" not in target:
                path, _, anchor = target.partition("#")
                yield page, path, anchor


def test_every_link_leads_somewhere():
    broken = []
    for page, path, anchor in links():
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{named(page)}: {path}#{anchor}")

    assert broken == []


def is_there(path: str) -> bool:
    places = (ROOT, ROOT / "src/cvq", ROOT / "docs")
    return any((place / path).exists() for place in places)


def test_every_file_that_is_named_exists():
    missing = []
    for page in pages():
        for word in re.findall(r"`([^`\s]+)`", page.read_text()):
            path = word.partition("#")[0].rstrip("/")
            looks_like_one = path.split("/")[0] in FOLDERS or path.endswith((".py", ".yaml"))
            if "/" in path and looks_like_one and not NOT_FILES.search(path) and not is_there(path):
                missing.append(f"{named(page)}: {word}")

    assert missing == []


def test_every_function_that_is_linked_is_in_its_file():
    missing = [
        f"{named(page)}: {name} in {path}"
        for page in pages()
        for name, path in re.findall(r"\[`([\w.]+)`\]\(([^)\s]+\.py)\)", page.read_text())
        if not re.search(
            rf"^ *(async def|def|class) {name.split('.')[-1]}\b",
            (page.parent / path).read_text(),
            re.M,
        )
    ]

    assert missing == []


def test_every_command_that_is_named_exists():
    by_launcher = set(re.findall(r"« \./cvq (\w+) »", (ROOT / "cvq").read_text()))
    known = by_launcher | {
        module.name.replace("_", "-") for module in pkgutil.iter_modules(commands.__path__)
    }
    unknown = [
        f"{named(page)}: {name}"
        for page in pages()
        for name in re.findall(r"(?:`|^|\./)cvq ([a-z][a-z-]+)", page.read_text(), re.M)
        if name not in known
    ]

    assert unknown == []


def test_the_vectors_of_the_protocol_are_what_we_compute():
    told = dict(re.findall(r"^(event|genesis|head|manifest|public|sig) +(\S+)$", text(), re.M))
    event = msgspec.json.decode(told["event"], type=Event)
    manifest = msgspec.json.decode(told["manifest"], type=Manifest)
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))

    assert canon(event).decode() == told["event"]
    assert genesis(17).hex() == told["genesis"]
    assert chained(genesis(17), event).hex() == told["head"]
    assert canon(manifest).decode() == told["manifest"]
    assert key.public_key().public_bytes_raw().hex() == told["public"]
    assert signing.sign(key, signing.BATCH, canon(manifest)) == told["sig"]


def test_the_proofs_of_the_protocol_are_what_we_compute():
    event = re.search(r"^event +(\S+)$", text(), re.M)
    assert event is not None
    proof = signing.mac(bytes(32), signing.ASK, event[1].encode())
    reference = signing.reference(bytes(32), bytes.fromhex("04a1b2c3d4e5f6"))

    assert f"`{proof}`" in text()
    assert f"`{reference}`" in text()


def text() -> str:
    return PROTOCOL.read_text()
