# `just` alone lists what can be done.
default:
    @just --list

# Everything that must be true before a commit, without what the system may lack.
check:
    ./cvq test

# The tests only; `just test tests/rules -k custody` for some of them.
test *ARGS:
    .venv/bin/pytest -q {{ARGS}}

# Write the code as the house writes it.
fmt:
    .venv/bin/ruff check --fix .
    .venv/bin/ruff format .

# Make the locks again after a change of dependencies (needs uv).
lock *ARGS:
    uv pip compile {{LOCK}} {{ARGS}} pyproject.toml -o requirements.lock
    uv pip compile {{LOCK}} {{ARGS}} pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
    uv pip compile {{LOCK}} {{ARGS}} requirements-edge.in -c requirements.lock -o requirements-edge.lock

LOCK := "--quiet --python-version 3.11 --universal --generate-hashes --no-header --no-annotate --no-emit-index-url"
