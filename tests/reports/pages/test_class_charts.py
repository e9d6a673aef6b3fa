"""Charts of the class page: their numbers are those of the tables and of the final results, for one student or many."""

import re
from collections import Counter
from html import unescape

import pytest
from msgspec import structs

from grader.grading.verdicts.record import FunctionRecord
from grader.reports.pages.page_files import write_pages
from grader.reports.pages.student_totals import KINDS, result_kind
from tests.reports.pages.conftest import write_varied
from tests.tools import final_result


@pytest.fixture(scope="module")
def page(varied):
    """The text of the class page."""
    return (varied.folder / "index.html").read_text("utf-8")


def section(page, id):
    return page.split(f'<section id="{id}">')[1].split("</section>")[0]


def table(page, id):
    """Return the rows of a table as lists of texts."""
    rows = page.split(f'id="{id}"')[1].split("<tbody>")[1].split("</tbody>")[0].split("</tr>")[:-1]
    texts = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows)
    return [[unescape(re.sub("<[^>]*>", "", cell)).strip() for cell in row] for row in texts]


def bars(part):
    """Return (filter, height, number above it) of each bar of the totals."""
    found = re.findall(
        r'height="([\d.]+)" fill="url\(#p-\w+\)" class="edge" data-filter="([^"]*)"/>\s*<text[^>]*>(\d+)<', part
    )
    return [(name, float(height), int(count)) for height, name, count in found]


def test_the_bars_of_the_totals_are_those_of_the_table_and_of_the_final_results(page, varied):
    finals = [result.final for result in varied.results]
    tenths = Counter(min(int(f.score / f.max_score * 10 + 1e-9), 9) for f in finals if f.score is not None)
    counts = {f"bin:{tenth}": count for tenth, count in tenths.items()}
    counts |= {"total:fault": sum(f.score is None and not f.missing for f in finals), "total:missing": 1}
    drawn = bars(section(page, "scores"))
    assert {name: count for name, _, count in drawn} == counts
    assert len({height / count for _, height, count in drawn}) <= 3, "heights are proportional, but for rounding"
    rows = table(page, "totals-table")
    assert [int(row[1]) for row in rows] == [tenths[n] for n in range(10)] + [3, 1]
    assert sum(int(row[1]) for row in rows) == len(varied.results)


def test_the_parts_of_each_function_are_those_of_the_table_and_of_the_records(page, varied):
    for row in table(page, "results-table"):
        records = [r for result in varied.results for r in result.records if r.function == row[0]]
        counts = Counter(map(result_kind, records))
        assert list(map(int, row[1:])) == [counts[kind] for kind in KINDS]
        parts = re.findall(rf'width="([\d.]+)%"[^>]*data-filter="kind:{row[0]}:(\w+)"', page)
        widths = {kind: float(width) for width, kind in parts}
        assert widths == {k: pytest.approx(100 * n / 20, abs=0.01) for k, n in counts.items() if n}


def test_the_chart_of_submissions_over_time_counts_those_with_a_time(page, varied):
    rows = table(page, "times-table")
    dated = [result for result in varied.results if result.metadata.submitted]
    assert sum(int(row[1]) for row in rows) == sum(not result.final.late for result in dated) == 12
    assert sum(int(row[2]) for row in rows) == sum(result.final.late for result in dated) == 3
    part = section(page, "times")
    assert "Submissions without a time: 4." in part
    assert "deadline 2026-11-20 23:59" in part, "in the time zone of the course"


def test_the_bar_of_a_misconception_is_proportional_to_its_number_of_students(page, varied):
    made = Counter(mistake for result in varied.results for r in result.records for mistake in r.mistakes)
    part = section(page, "misconceptions").split('id="common-misconceptions"')[1].split("</ol>")[0]
    drawn = re.findall(r'href="#([^"]*)".*?students: (\d+) .*?width="([\d.]+)%"', part, re.DOTALL)
    highest = max(made.values())
    assert {id: (int(n), float(width)) for id, n, width in drawn} == {
        id: (n, pytest.approx(100 * n / highest, abs=0.05)) for id, n in made.items()
    }


def test_misconceptions_of_the_same_students_are_a_pair_with_its_numbers(tmp_path, library):
    def results():
        ids = {mistake.function: mistake.id for mistake in library.mistakes.values()}
        for n in range(60):
            made = {"mean_square": n < 7, "descend": n < 6}
            records = (
                FunctionRecord("", "ex1_small", f, 0.0 if m else 3.0, 3.0, "failed", [ids[f]] * m, [], "", 0)
                for f, m in made.items()
            )
            yield final_result(f"s{n:02}", tuple(structs.replace(record, student=f"s{n:02}") for record in records))

    write_pages(tmp_path, results(), library, {"seed": 7}, "en", student_pages=False)
    page = (tmp_path / "index.html").read_text("utf-8")
    pair = page.split('<ol class="bars" id="pairs">')[1].split("</ol>")[0]
    assert "students with both: 6, expected by chance: 0.7; with the first: 7, with the second: 6" in pair or (
        "students with both: 6, expected by chance: 0.7; with the first: 6, with the second: 7" in pair
    )
    assert pair.count("<li>") == 1 and 'width="100.0%"' in pair and 'x1="11.7%"' in pair


def test_each_cause_has_one_card_that_names_each_student_once_with_a_command(page):
    part = section(page, "needs-review")
    cards = [card.split("</div>")[0] for card in part.split('<div class="need')[1:]]
    causes = [re.search(r'id="review-(\w+)"', card)[1] for card in cards]
    assert causes == ["grader_fault", "unreadable", "several_files", "score"]
    fault, unreadable, several, score = cards
    assert "grader override s17 FUNCTION --score POINTS --results varied0 --apply" in fault, "the only student"
    assert unreadable.count("<li>") == 1 and ">all 2 functions<" in unreadable
    assert "grader accept s16 FILE --results varied0 --apply" in several and several.count("<li>") == 1
    assert unreadable.count("a.py is UTF-16 text") == 1, "one reason for all functions is said once"
    assert "grader regrade varied0" in unreadable
    assert score.count("<li>") == 2 and "the automatic score changed" in score and "marked as late" in score
    assert "<strong>5</strong> need review" in page


def test_no_text_says_ungraded_twice(page, varied):
    for text in (page, *(path.read_text("utf-8") for path in (varied.folder / "students").iterdir())):
        plain = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", text))
        assert not re.search(r"(?i)\bungraded\W+ungraded\b", plain)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_class_gives_the_same_bytes(tmp_path, library, language):
    texts = []
    for number in "12":
        folder = tmp_path / number / "results"
        folder.mkdir(parents=True)
        write_varied(folder, library, language)
        texts.append({path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.html"))})
    assert texts[0] == texts[1] and len(texts[0]) == 21


def plain_results(number):
    """Yield students whose two functions have points that differ from student to student."""
    for n in range(number):
        student = f"s{n:05}"
        yield final_result(
            student,
            tuple(
                FunctionRecord(
                    student, "ex1_small", function, score, 3.0, "passed" if score == 3 else "failed", [], [], "", 0
                )
                for function, score in (("mean_square", float(n % 4)), ("descend", float(n // 4 % 4)))
            ),
        )


@pytest.mark.parametrize("students", [0, 1, 2, 3, 10_000])
def test_few_and_many_students_have_charts_that_stay_in_their_frame(tmp_path, library, students):
    write_pages(tmp_path, plain_results(students), library, {"seed": 7}, "en", student_pages=False)
    page = (tmp_path / "index.html").read_text("utf-8")
    drawn = page.split('<script id="data"')[0]
    assert len(drawn) < 60_000
    ends = [float(x) + float(w) for x, w in re.findall(r'<rect x="([\d.]+)%"[^>]*? width="([\d.]+)%"', drawn)]
    assert all(end <= 100.05 for end in ends)
    assert all(float(height) <= 120 for height in re.findall(r' height="([\d.]+)" fill', drawn))
    assert sum(int(row[1]) for row in table(page, "totals-table")) == students
    scores = section(page, "scores")
    assert scores.count("●") == (students if students < 5 else 0), "few totals are dots, many have quartiles"
    assert ("first quartile" in scores) == (students >= 5)
    assert ("Not computed: fewer than 10 graded students" in page) == (0 < students < 10)
    assert '<section id="times">' not in page, "no submission has a time"
