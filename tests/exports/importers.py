"""What Canvas and Moodle take from an upload, by the known rules of their importers."""

import csv
import io
import re

CANVAS_TAIL = re.compile(r"Current Score|Current Points|Current Grade|Final Score|Final Points|Final Grade")


def read_canvas(data, users):
    """Return what Canvas takes from a gradebook: {assignment title: points}, {(user, title): score}.

    `users` are the users in Canvas: {ID: (SIS User ID, SIS Login ID, name)}. Raises AssertionError for a row without a
    user and for a header that the importer does not accept.
    """
    text = data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if text.count(";") > text.count(",") else ","))
    header = rows.pop(0)
    assert "Student" in header[0] and "ID" in header[1] and len(header) > 3
    columns = header.index("Section") + 1
    assert columns in (3, 4, 5, 6)
    titles = header[columns:]
    while titles and CANVAS_TAIL.search(titles[-1]):
        titles.pop()
    assert not any(CANVAS_TAIL.search(title) for title in titles), "it would become an assignment"
    titles = [re.sub(r" \(\d+\)$", "", title) for title in titles]
    if any(re.search("Manual Posting|Muted", cell) for cell in rows[0]):
        rows.pop(0)
    possible, scores = {}, {}
    if re.match(r"\s*Points Possible", rows[0][0]):
        possible = dict(zip(titles, rows.pop(0)[columns:], strict=False))
    places = {name: header.index(name) for name in ("SIS User ID", "SIS Login ID") if name in header}
    for row in filter(any, rows):
        user = row[1] if row[1] in users else None
        for number, name in enumerate(places):
            wanted = row[places[name]]
            user = user or next((u for u, facts in users.items() if wanted and facts[number] == wanted), None)
        user = user or next((u for u, facts in users.items() if facts[2] == row[0]), None)
        assert user is not None, f"Canvas would ask who {row[0]} is"
        for title, cell in zip(titles, row[columns:], strict=False):
            if cell.strip() not in ("", "-"):
                scores[user, title] = cell if cell == "EX" else round(float(cell.replace(",", ".")), 2)
    return possible, scores


def read_moodle(before, after):
    """Return what Moodle takes from the worksheet `after`: {participant: (grade, comment)}. Moodle exported `before`.

    Rows whose grade is empty, unchanged, locked or out of range are skipped. Raises AssertionError if any other cell
    than a grade or a comment has changed.
    """
    old, new = ([*csv.DictReader(io.StringIO(data.decode("utf-8-sig")))] for data in (before, after))
    assert list(old[0]) == list(new[0]) and {"Identifier", "Grade", "Last modified (grade)"} <= set(new[0])
    assert len(old) == len(new)
    taken = {}
    for was, row in zip(old, new, strict=True):
        for name in set(row) - {"Grade", "Feedback comments"}:
            assert row[name] == was[name]
        grade, maximum = row["Grade"], row["Maximum Grade"]
        number = float(grade.replace(",", ".")) if grade else None
        same = was["Grade"] and number == float(was["Grade"].replace(",", "."))
        if number is None or same or row["Grade can be changed"] == "No":
            continue
        if not 0 <= number <= float(maximum.replace(",", ".")):
            continue
        participant = int(re.fullmatch(r"Participant (\d+)", row["Identifier"])[1])
        taken[participant] = (number, row.get("Feedback comments", ""))
    return taken


def moodle_owner(path, participants):
    """Return the participant for whom Moodle takes a feedback file, and its name; None where Moodle skips it."""
    parts = path.split("/")
    while parts:
        pieces = parts.pop(0).split("_", 4)
        if len(pieces) < 5 or not pieces[1].isdigit() or int(pieces[1]) not in participants:
            continue
        if pieces[2:4] != ["assignsubmission", "file"]:
            continue
        return int(pieces[1]), "/".join([pieces[4], *parts]).lstrip("/")
    return None
