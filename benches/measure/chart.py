"""Charts as SVG, by hand; readable on light and on dark."""

from html import escape
from math import ceil

# The colours are seen on both grounds; the words change with it.
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #6b6b6b }
.title { font-weight: 600 }
@media (prefers-color-scheme: dark) { text { fill: #ccc } }
.grid { stroke: #888; stroke-opacity: .3 }
.unit { stroke: #888; stroke-dasharray: 4 3 }
.line { stroke-width: 2.5; fill: none }
.bar.c0, .dot.c0 { fill: #e06c2b } .line.c0 { stroke: #e06c2b }
.bar.c1, .dot.c1 { fill: #3b82f6 } .line.c1 { stroke: #3b82f6 }
.bar.c2, .dot.c2 { fill: #8a8a8a } .line.c2 { stroke: #8a8a8a }
</style>"""


def drawing(width, height, title, parts):
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img">'
    )
    return "\n".join([head, f"<title>{escape(title)}</title>", STYLE, *parts, "</svg>", ""])


def text(x, y, words, anchor="start", kind=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def bars(title, rows):
    """Rows of (label, value, colour); values in units, with a line at one."""
    left, width, step = 250, 760, 26
    scale = (width - left - 60) / max(value for _, value, _ in rows)
    bottom = 34 + step * len(rows)
    parts = [text(0, 16, title, kind="title")]
    for nth, (label, value, colour) in enumerate(rows):
        y = 34 + step * nth
        parts.append(text(left - 10, y + 14, label, "end"))
        parts.append(
            f'<rect class="bar c{colour}" x="{left}" y="{y}" width="{value * scale:.1f}"'
            f' height="{step - 8}" rx="2"/>'
        )
        parts.append(text(left + value * scale + 6, y + 14, f"{value:.2f}"))
    x = left + scale
    parts.append(f'<line class="unit" x1="{x:.1f}" y1="28" x2="{x:.1f}" y2="{bottom}"/>')
    return drawing(width, bottom + 6, title, parts)


def panels(title, names, charts, unit=1):
    """Line charts side by side: (caption, ticks, [values of each name]); one scale for all. With a line at
    the unit, if there is one."""
    top, height, gap, left, width = 62, 200, 26, 34, 760
    highest = ceil(max(value for _, _, lines in charts for line in lines for value in line))
    ticks = sum(len(labels) for _, labels, _ in charts)
    room = width - left - gap * (len(charts) - 1)
    parts = [text(0, 16, title, kind="title")]
    for nth, name in enumerate(names):
        x = left + 130 * nth
        parts.append(f'<line class="line c{nth}" x1="{x}" y1="36" x2="{x + 22}" y2="36"/>')
        parts.append(text(x + 28, 40, name))

    def height_of(value):
        return top + height * (1 - value / highest)

    step = max(1, ceil(highest / 6))
    for value in range(0, highest + 1, step):
        parts.append(text(left - 8, height_of(value) + 4, str(value), "end"))
    begin = left
    for caption, labels, lines in charts:
        share = room * len(labels) / ticks
        places = [begin + share * (nth + 0.5) / len(labels) for nth in range(len(labels))]
        for value in sorted({unit or 0, *range(0, highest + 1, step)}):
            kind = "unit" if value == unit else "grid"
            y = height_of(value)
            parts.append(
                f'<line class="{kind}" x1="{begin:.0f}" y1="{y:.1f}" x2="{begin + share:.0f}" y2="{y:.1f}"/>'
            )
        for x, label in zip(places, labels):
            parts.append(text(x, top + height + 18, label, "middle"))
        parts.append(text(begin + share / 2, top + height + 38, caption, "middle"))
        for nth, line in enumerate(lines):
            points = [(x, height_of(value)) for x, value in zip(places, line)]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            parts.append(f'<polyline class="line c{nth}" points="{path}"/>')
            parts += [f'<circle class="dot c{nth}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in points]
        begin += share + gap
    return drawing(width, top + height + 46, title, parts)
