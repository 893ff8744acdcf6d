"""Tables in Markdown, and their places in docs/performance.md."""


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def put(path, name, text):
    """Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`."""
    page = path.read_text()
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, found, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise SystemExit(f"{path.name} has no place for {name}")
    path.write_text(f"{before}{begin}\n{text}\n\n{end}{after}")


def count(number):
    """10⁷, or 5,680,000."""
    digits = str(number)
    if digits.strip("0") == "1" and len(digits) > 4:
        return "10" + str(len(digits) - 1).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{number:,}"
