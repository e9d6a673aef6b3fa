"""Four folders whose names look alike: each keeps its own results, override, export and data, or nothing happens."""

import csv
import io
import json
import shutil

import pytest

from grader.submissions.students.look_alikes import id_hash
from tests.tools import SOLUTION, WRONG_SUM, copy_course, edit, grader_in_process, unwrapped, write_files

pytestmark = pytest.mark.long

ANN, BLANK, ZERO_WIDTH, MARK = ANNS = ("ann", "ann ", "ann\u200b", "\ufeffann")
SHOWN = ("ann", '"ann "', "ann\\u200b", "\\ufeffann")
OPTIONS = ("--course", "course", "--sandbox", "none", "--jobs", "1", "--seed", "5")
ROSTER = "student,name,email\nbob,Wang Wei,bob@x.edu\neve,wang wei,eve@x.edu\n"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A folder with a course, a class and its results, and what `grade` said."""
    place = tmp_path_factory.mktemp("look_alike")
    copy_course(place / "course")
    sources = {ANN: SOLUTION, BLANK: WRONG_SUM, ZERO_WIDTH: SOLUTION, MARK: WRONG_SUM, "bob": SOLUTION, "eve": SOLUTION}
    write_files(place / "class", {f"{student}/ex1_small.py": source for student, source in sources.items()})
    write_files(place, {"roster.csv": ROSTER})
    return place, grader_in_process("grade", "class", "--out", "out", "--roster", "roster.csv", *OPTIONS, cwd=place)


@pytest.fixture
def place(graded, tmp_path):
    """A copy of the folder that the test may change."""
    copy = shutil.copytree(graded[0], tmp_path / "place")
    edit(copy / "out/run.json", f'"folder": "{graded[0]}"', f'"folder": "{copy}"')
    return copy


def run(place, *arguments):
    return grader_in_process(*arguments, cwd=place)


def override(place, *arguments):
    return run(place, "override", *arguments, "--results", "out")


def totals(place):
    """Return the total of each student by id, as finals.jsonl has it."""
    lines = (place / "out/finals.jsonl").read_text("utf-8").splitlines()
    return {final["student"]: final["score"] for final in map(json.loads, lines)}


def table(file):
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline="")))


BEFORE = {ANN: 5.0, BLANK: 4.0, ZERO_WIDTH: 5.0, MARK: 4.0, "bob": 5.0, "eve": 5.0}


def test_every_id_is_verbatim_in_the_results_and_has_a_hash_in_the_table(graded):
    place, done = graded
    assert done.returncode == 0, done.stdout
    assert totals(place) == BEFORE
    rows = table(place / "out/grades.csv")
    assert [*rows[0]][:6] == ["student", "name", "email", "score", "max_score", "status"] and [*rows[0]][
        -1
    ] == "id_hash"
    assert {row["id_hash"]: float(row["score"]) for row in rows} == {id_hash(id_): one for id_, one in BEFORE.items()}


def test_the_end_of_the_output_lists_ids_that_look_alike_and_equal_names(graded):
    end = graded[1].stdout.partition("Ids that look alike")[2]
    assert end
    for shown, id_ in zip(SHOWN, ANNS, strict=True):
        assert f"{shown} {id_hash(id_)}" in unwrapped(end)
    assert "students with the same name, Wang Wei (2): bob, eve" in end
    page = (graded[0] / "out/index.html").read_text("utf-8")
    assert "ids that look alike (4): ann (id_hash " in page and "students with the same name, Wang Wei" in page


@pytest.mark.parametrize("number", range(4))
def test_an_override_by_id_or_hash_is_that_of_one_student(place, number):
    student, shown = ANNS[number], SHOWN[number]
    by_id = override(place, student, "mean_square", "--score", "0.5")
    assert by_id.returncode == 0 and shown in by_id.stdout
    by_hash = override(place, id_hash(student), "mean_square", "--score", "1.5", "--apply")
    assert by_hash.returncode == 0, by_hash.stdout
    assert len(table(place / "out/overrides.csv")) == 1
    rest = 2.0
    assert totals(place) == BEFORE | {student: 1.5 + rest}


def test_a_name_of_several_is_refused_with_all_of_them(place):
    for name, expected in {"Ann": SHOWN, "wang WEI": ("bob (Wang Wei)", "eve (wang wei)")}.items():
        for command in ("override", "show", "forget"):
            options = {"override": ("--score", "1"), "forget": ("--yes",)}.get(command, ())
            done = run(place, command, name, *options, "--results", "out")
            assert done.returncode == 2, done.stdout
            assert all(shown in done.stdout for shown in expected), done.stdout
    assert not (place / "out/overrides.csv").exists()
    assert totals(place) == BEFORE


def test_overrides_that_a_spreadsheet_trimmed_reach_their_students(place):
    for student, score in ((BLANK, "1"), (MARK, "2"), (ZERO_WIDTH, "3")):
        assert override(place, student, "--score", score).returncode == 0
    file = place / "out/overrides.csv"
    rows = list(csv.reader(io.StringIO(file.read_text("utf-8-sig"), newline="")))
    assert {row[0] for row in rows[1:]} == {"ann", "\ufffdann", "ann\ufffd"}
    saved = "".join(";".join(cell.strip(" \ufffd\u200b") for cell in row) + "\r\n" for row in rows)
    file.write_text(saved, "utf-8-sig", newline="")
    done = run(place, "regrade", "out", "--finish")
    assert done.returncode == 0, done.stdout
    assert totals(place) == BEFORE | {BLANK: 1.0, MARK: 2.0, ZERO_WIDTH: 3.0}
    file.write_text(saved.replace(id_hash(MARK), id_hash("bob")), "utf-8-sig", newline="")
    done = run(place, "regrade", "out", "--finish")
    assert done.returncode == 1
    assert "overrides.csv:3: the id_hash is that of bob (Wang Wei), but the row names ann" in unwrapped(done.stdout)
    assert totals(place) == BEFORE | {BLANK: 1.0, ZERO_WIDTH: 3.0}


def test_show_takes_the_hash(place):
    assert "4 of 5 points" in run(place, "show", id_hash(BLANK), "--results", "out").stdout
    assert "5 of 5 points" in run(place, "show", id_hash(ANN), "--results", "out").stdout


def test_a_policy_names_a_student_by_hash_and_an_unclear_name_changes_nobody(place):
    extensions = f'{id_hash(BLANK)} = 3\n"Wang Wei" = 3\n'
    policy = f'time_zone = "UTC"\ndeadlines = {{ course = 2020-01-01 }}\n[extensions]\n{extensions}'
    write_files(place, {"course/grader.toml": policy})
    done = run(place, "regrade", "out", "--finish")
    assert "an extension for Wang Wei, which matches several students: bob (Wang Wei), eve" in unwrapped(done.stdout)
    assert list(json.loads((place / "out/run.json").read_text("utf-8"))["policy"]["extensions"]) == [BLANK, "Wang Wei"]


@pytest.mark.parametrize("number", range(4))
def test_forgetting_one_student_keeps_students_with_ids_that_look_alike(place, number):
    student = ANNS[number]
    for other in ANNS:
        assert override(place, other, "mean_square", "--score", "0.5", "--comment", id_hash(other)).returncode == 0
    done = run(place, "forget", student, "--results", "out", "--submissions", "class", "--course", "course", "--yes")
    assert done.returncode == 0, done.stdout
    rest = {id_ for id_ in BEFORE if id_ != student}
    assert {path.name for path in (place / "class").iterdir()} == {*rest}
    assert {*totals(place)} == {*rest}
    assert {row["id_hash"] for row in table(place / "out/overrides.csv")} == {*map(id_hash, {*ANNS} & rest)}
    assert {row["comment"] for row in table(place / "out/overrides.csv")} == {*map(id_hash, {*ANNS} & rest)}
    assert run(place, "show", id_hash(student), "--results", "out").returncode == 2
    assert run(place, "regrade", "out", "--finish").returncode == 0
    assert {*totals(place)} == {*rest}


def export(place, target, *arguments):
    return run(place, "export", "out", "--to", target, "--course", "course", *arguments)


def test_tables_for_spreadsheets_have_the_hash_as_their_last_column(place):
    assert export(place, "csv", "--into", "tables").returncode == 0
    wide, long = table(place / "tables/wide.csv"), table(place / "tables/long.csv")
    assert [*wide[0]][-1] == [*long[0]][-1] == "id_hash"
    assert {row["id_hash"]: float(row["score"]) for row in wide} == {id_hash(id_): one for id_, one in BEFORE.items()}
    assert {row["id_hash"] for row in long} == {*map(id_hash, BEFORE)}


def canvas_book(*ids):
    rows = [f"Somebody,{10 + number},{id_},,A," for number, id_ in enumerate(ids)]
    return "\n".join(["Student,ID,SIS User ID,SIS Login ID,Section,Lab (9)", "    Points Possible,,,,,5", *rows, ""])


def test_a_canvas_row_gets_a_score_unless_it_may_be_of_several_students(place):
    write_files(
        place, {"all.csv": canvas_book(*ANNS), "one.csv": canvas_book("ann", "bob"), "two.csv": canvas_book(ANN, ANN)}
    )
    assert export(place, "canvas", "--from", "all.csv", "--into", "all-out.csv").returncode == 1  # bob and eve
    found = {row["SIS User ID"]: row["Lab (9)"] for row in table(place / "all-out.csv")[1:]}
    assert found == {ANN: "5.00", BLANK: "4.00", ZERO_WIDTH: "5.00", MARK: "4.00"}
    for book in ("one", "two"):
        assert export(place, "canvas", "--from", f"{book}.csv", "--into", f"{book}-out.csv").returncode == 1
        found = [(row["SIS User ID"], row["Lab (9)"]) for row in table(place / f"{book}-out.csv")[1:]]
        assert found == ([("ann", ""), ("bob", "5.00")] if book == "one" else [("ann", ""), ("ann", "")])
    details = (place / "one-out-details.txt").read_text("utf-8")
    assert (
        'row 3 of one.csv matches several students, score not written: ann, "ann ", ann\\u200b, \\ufeffann' in details
    )
    assert "ann\\u200b: rows 3, 4 of two.csv match equally well" in (place / "two-out-details.txt").read_text("utf-8")


def test_canvas_without_a_gradebook_gets_no_score_of_ids_that_look_alike(place):
    done = export(place, "canvas", "--into", "new.csv")
    assert done.returncode == 1
    assert {row["SIS User ID"] for row in table(place / "new.csv")[1:]} == {"bob", "eve"}
    assert '"ann ": another id looks the same, score not written' in (place / "new-details.txt").read_text("utf-8")


def test_moodle_gets_scores_where_it_tells_the_ids_apart(place):
    heading = "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Feedback comments"
    rows = [f"Participant {number},N{number},{id_},,,,5.00," for number, id_ in enumerate(ANNS, 1)]
    write_files(place, {"sheet.csv": "\n".join([heading, *rows, ""]), "one.csv": "\n".join([heading, rows[0], ""])})
    export(place, "moodle", "--from", "sheet.csv", "--into", "moodle.csv")
    assert [row["Grade"] for row in table(place / "moodle.csv")] == ["5.00", "4.00", "5.00", "4.00"]
    export(place, "moodle", "--from", "one.csv", "--into", "moodle.csv")
    assert [row["Grade"] for row in table(place / "moodle.csv")] == [""]


def test_a_run_without_one_of_the_ids_that_look_alike_is_refused(place):
    shutil.rmtree(place / "class" / BLANK)
    done = run(place, "grade", "class", "--out", "out", *OPTIONS)
    assert done.returncode == 2 and "scores of students who are not in this run: ann" in unwrapped(done.stdout)
