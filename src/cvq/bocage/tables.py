"""Tables that leave for a spreadsheet."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_cell(text: str) -> str:
    """
    Return a cell that no spreadsheet takes for a formula; an amount stays an amount.

    A name that begins with `=` would be worked out by whoever opens the table (CWE-1236).
    """
    if text.startswith(FORMULA) and not _is_amount(text):
        return f"'{text}"
    return text


def _is_amount(text: str) -> bool:
    return text.removeprefix("-").replace(",", "", 1).isdigit()
