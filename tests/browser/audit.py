"""What every page must hold, as one look."""

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")


def faults(page: Page, *, touch: int = 0) -> list[str]:
    """Sentences about what is wrong with the page as it stands; ``touch``: the least height of a target in pixels."""
    found: list[str] = page.evaluate(SCRIPT, {"touch": touch})
    return found
