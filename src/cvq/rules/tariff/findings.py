"""What the checker has to say of a document: where, what, the smallest example, the choices."""

from collections.abc import Sequence

import msgspec

from cvq.kernel.unable import Unable


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong; `example` is the smallest case that shows it."""

    line: int
    sentence: str
    example: str = ""
    choices: tuple[str, ...] = ()

    def told(self, name: str = "") -> str:
        """Return the finding as people read it, with its file and line."""
        where = f"{name}, ligne {self.line}" if name else f"Ligne {self.line}"
        parts = [f"{where} : {self.sentence}"]
        if self.example:
            parts.append(f"Exemple : {self.example}.")
        if self.choices:
            parts.append("À choisir : " + " ; ou : ".join(self.choices))
        return " ".join(parts)


class TariffUnreadable(Unable):
    """The document is not a tariff that can be rated; each finding names a line and what to do."""

    def __init__(self, findings: Sequence[Finding] | str) -> None:
        if isinstance(findings, str):
            findings = [Finding(line=1, sentence=findings)]
        self.findings = tuple(sorted(findings, key=lambda finding: finding.line))
        super().__init__("\n".join(finding.told() for finding in self.findings))


class Wrong(Exception):
    """One finding, on its way to the list; never leaves the package."""

    def __init__(self, line: int, sentence: str, *choices: str, example: str = "") -> None:
        # « une de : » of nothing is no choice.
        kept = tuple(one for one in choices if one)
        self.finding = Finding(line=line, sentence=sentence, example=example, choices=kept)
        super().__init__(sentence)
