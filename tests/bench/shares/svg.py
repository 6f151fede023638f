"""Just enough SVG for the pictures of the study: no script, no style sheet, one font, a white ground."""

from html import escape
from pathlib import Path

INK, SOFT, FAINT, GRID = "#1a1a1c", "#4d4d54", "#6b6b73", "#ececf0"
BLUE, RED, AMBER, GREEN, GREY = "#0017c1", "#c5221f", "#c98b00", "#3b8f7a", "#7a7a85"


class Picture:
    """A drawing surface with the origin at the top left."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
            f'font-family="Noto Sans, Noto Sans JP, Helvetica, Arial, sans-serif" font-size="13">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
        ]

    def text(self, x: float, y: float, words: str, *, at: str = "start", colour: str = INK, size: int = 13, bold: bool = False) -> None:
        weight = ' font-weight="700"' if bold else ""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{at}" fill="{colour}" font-size="{size}"{weight}>{escape(words)}</text>'
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, colour: str = GRID, width: float = 1, dash: str = "", cap: str = "butt"
    ) -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}" stroke-linecap="{cap}"{dashes}/>'
        )

    def area(self, x: float, y: float, width: float, height: float, *, colour: str) -> None:
        self._parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>')

    def dot(self, x: float, y: float, radius: float = 4, *, colour: str = INK, hollow: bool = False, faint: bool = False) -> None:
        fill = (
            f'fill="#fff" stroke="{colour}" stroke-width="1.5"' if hollow else f'fill="{colour}"' + (' fill-opacity="0.6"' if faint else "")
        )
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" {fill}/>')

    def diamond(self, x: float, y: float, *, colour: str = INK) -> None:
        self._parts.append(f'<path d="M{x:.1f} {y - 6:.1f}L{x + 6:.1f} {y:.1f}L{x:.1f} {y + 6:.1f}L{x - 6:.1f} {y:.1f}Z" fill="{colour}"/>')

    def path(self, points: list[tuple[float, float]], *, colour: str, width: float = 2, dash: str = "") -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        where = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self._parts.append(f'<path d="M{where}" fill="none" stroke="{colour}" stroke-width="{width}"{dashes}/>')

    def save(self, file: Path) -> None:
        file.write_text("\n".join([*self._parts, "</svg>"]) + "\n")
