"""Pages of large and hostile classes: all are linked, student text has no effect, failures of the grader come first."""

import html
import json
import re
import shlex
import weakref
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from grader.core.visible_text import visible
from grader.execution.guest.call_recording.recorded_call import ChangedArgument, CheckDisplay, LiteralValue
from grader.grading.verdicts.entry import Attachments
from grader.grading.verdicts.heat_map import HeatMap
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.pages.page_files import write_pages
from grader.reports.pages.page_templates import environment_for
from grader.reports.pages.student_sections import SectionRenderer
from grader.reports.pages.student_totals import page_path
from grader.submissions.submission import SubmissionMetadata
from tests.tools import final_result as settled

RUN = {"seed": 7, "sandbox": "full", "versions": {"torch": "2"}, "reproduce": "grader grade <b>x</b> --seed 7"}
RUN["policy"] = {"hidden": "full"}  # a check that the course does not declare counts as hidden
HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "a\u202eb\u200bc\u2066d\ufefe\x00\x1b[31m\u2028",
    "{{ 7 * 7 }}{% raw %}",
    "--></style></script><script>",
    "../../etc/passwd",
    "lone \udcff surrogate",
    "javascript:alert(1)",
]


def record(
    student, function="mean_square", score=2.0, outcome="passed", message="", mistakes=(), source="ex1_small.py"
):
    check = CheckRecord("check", "A claim of the course.", outcome == "passed", score or 0.0, 2.0, message)
    return FunctionRecord(student, "ex1_small", function, score, 2.0, outcome, list(mistakes), [check], source, 0.1)


def wrong(student, message, mistakes=()):
    return record(student, "descend", 0.0, "failed", message, mistakes)


def write(folder, library, *final_results, run=RUN, language="en"):
    write_pages(folder, final_results, library, run, language)
    return (folder / "index.html").read_text("utf-8")


def pages(folder):
    return sorted(folder.rglob("*.html"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, library):
    """The pages of a class in which every text is an attack."""
    folder = tmp_path_factory.mktemp("hostile")
    final_results = [
        settled(text, (record(text, source=text), wrong(text, f"yours {text}, expected 1\n{text}", [text])), text)
        for text in HOSTILE
    ]
    write(folder, library, *final_results)
    return folder


class Elements(HTMLParser):
    """Parser of a page that collects its elements and their attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.links = Counter(), set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]


def test_no_text_of_a_student_becomes_an_element_or_an_attribute(hostile):
    for path in pages(hostile):
        found = Elements(path.read_text("utf-8"))
        ours = 2 if path.name == "index.html" else 1  # the class page has data and the script that draws them
        assert found.tags["script"] == ours
        assert found.tags["style"] == 1
        assert not {"img", "iframe", "link", "object", "form", "base"} & set(found.tags)
        assert not [name for name in found.attributes if name == "src" or name.startswith("on")]
        assert all(link.startswith(("students/", "#")) for link in found.links)


def test_every_character_on_a_page_is_visible(hostile):
    for path in pages(hostile):
        text = path.read_text("utf-8").replace("\n", "")
        assert text == visible(text)


def test_no_name_of_a_file_holds_text_of_a_student_and_every_student_is_linked(hostile):
    names = {path.name for path in (hostile / "students").iterdir()}
    assert len(names) == len(HOSTILE)
    assert all(re.fullmatch(r"[0-9a-f]{20}\.html", name) for name in names)
    assert set(re.findall(r'href="students/([^"]*)"', (hostile / "index.html").read_text("utf-8"))) == names
    # A student gets this file alone, and may not read the class page.
    assert not any("index.html" in (hostile / "students" / name).read_text("utf-8") for name in names)


def test_a_page_fetches_nothing_and_allows_no_script_but_its_own(hostile):
    for path in pages(hostile):
        page = path.read_text("utf-8")
        assert not re.search(r"https?://|//[a-z]+\.|@import|url\((?!#)", page.replace("javascript:", ""))
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
        assert policy.startswith("default-src 'none';")
        scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
        hashes = [f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts]
        assert f"script-src {' '.join(hashes) or chr(39) + 'none' + chr(39)};" in policy


def test_a_fault_of_the_grader_comes_first_and_leaves_no_total(tmp_path, library):
    late, fault = "marked as late without a time", "a fault of the grader, not yours: no worker"
    many = [settled(f"s{i}", (record(f"s{i}"), wrong(f"s{i}", "x")), late) for i in "ab"]
    ungraded = (record("zoe", score=None, outcome="grader_fault", message=fault), wrong("zoe", "x"))
    broken = settled("zoe", ungraded, reviews={"mean_square": fault})
    page = write(tmp_path, library, *many, broken)
    assert page.index(fault) < page.index(late) < page.index("<h2>Scores<")
    assert page.count(fault) == page.count(late) == 1, "students with one reason stand together"
    assert "Left out: ungraded students 1, missing submissions 0." in page
    assert "No total yet" in "".join(path.read_text("utf-8") for path in (tmp_path / "students").iterdir())


def test_a_reason_without_a_message_is_shown_all_the_same(tmp_path, library):
    assert "look at the folder" in write(tmp_path, library, settled("ada", (record("ada"),), "look at the folder"))


def test_a_misconception_is_counted_with_its_hint_and_its_students(tmp_path, library):
    mistake = next(iter(library.mistakes.values()))
    message = f"loss: yours 2, expected 1\n{mistake.hint.in_('en')}"
    final_results = [settled(name, (wrong(name, message, [mistake.id]),)) for name in ("ada", "bob")]
    page = write(tmp_path, library, *final_results, settled("eve", (record("eve", "descend"),)))
    part = page.split(f'id="{mistake.id}"')[1].split("</div>")[0]
    assert "students: 2" in part and ">ada<" in part and ">bob<" in part and "eve" not in part
    assert str(visible(mistake.hint.in_("en"))[:20]) in part
    student = (tmp_path / re.search(r'href="([^"]*)"><bdi>ada', page)[1]).read_text("utf-8")
    found = re.search(r'class="found code">(.*?)</p>', student)[1]
    assert found == "loss: yours 2, expected 1", "the hint is apart from what was found"
    assert student.count("<strong>Hint</strong>") == 1


def test_a_message_that_all_failed_checks_share_is_shown_once(tmp_path, library):
    check = CheckRecord("check", "A claim.", False, 0.0, 1.0, "ValueError: no")
    failed = FunctionRecord("ada", "ex1_small", "descend", 0.0, 3.0, "raised", [], [check] * 3, "", 0.0)
    write(tmp_path, library, settled("ada", (failed,)))
    page = next((tmp_path / "students").iterdir()).read_text("utf-8")
    assert page.count('class="found code">ValueError: no<') == 1


@pytest.mark.parametrize(
    ("outcome", "message", "shown"),
    [
        ("not_attempted", "not started", ""),
        ("missing", "not found: no submitted file defines this function", "no submitted file"),
    ],
)
def test_a_function_that_was_not_started_is_one_line_without_its_checks(tmp_path, library, outcome, message, shown):
    check = CheckRecord("check", "A claim.", False, 0.0, 1.0, message)
    untouched = FunctionRecord("ada", "ex1_small", "descend", 0.0, 3.0, outcome, [], [check] * 7, "", 0.0)
    write(tmp_path, library, settled("ada", (untouched,)))
    part = next((tmp_path / "students").iterdir()).read_text("utf-8").split('id="descend"')[1].split("</section>")[0]
    assert "✗" not in part and "A claim." not in part and "0 of 3 points" in part
    assert part.count("not started") == 1, "said once, by the tag"
    assert shown in part


@pytest.mark.parametrize(("score", "word", "symbol"), [(0.0, "failed", "✗"), (1.0, "partly right", "◐")])
def test_every_result_kind_has_a_symbol_and_a_word_in_addition_to_its_color(tmp_path, library, score, word, symbol):
    bad = FunctionRecord("ada", "ex1_small", "descend", score, 3.0, "failed", [], [], "", 0.0)
    write(tmp_path, library, settled("ada", (bad,)))
    page = next((tmp_path / "students").iterdir()).read_text("utf-8")
    assert re.search(rf'<span class="tag \w+"><span aria-hidden="true">{symbol}</span> {word}</span>', page)
    assert re.search(rf'{symbol}</span> descend <span class="unseen">{word}</span>', page), "in the summary, too"


@pytest.mark.parametrize(("level", "warned"), [("full", False), ("core", False), ("weak", True), ("none", True)])
def test_the_class_page_warns_of_a_weak_sandbox_in_a_banner(tmp_path, library, level, warned):
    page = write(tmp_path, library, settled("ada", (record("ada"),)), run=RUN | {"sandbox": level})
    assert ('class="banner"' in page) == warned
    assert f"<dd>{level}</dd>" in page


def test_pages_of_students_who_are_gone_are_removed_and_foreign_files_stay(tmp_path, library):
    write(tmp_path, library, settled("ada", (record("ada"),)), settled("bob", (record("bob"),)))
    (tmp_path / "students" / "mine.html").write_text("kept")
    write(tmp_path, library, settled("bob", (record("bob"),)))
    assert len(list((tmp_path / "students").iterdir())) == 2
    assert (tmp_path / "students" / "mine.html").read_text() == "kept"


def test_an_empty_class_and_an_empty_run_have_a_page(tmp_path, library):
    assert "Class report" in write(tmp_path, library, run={})


def test_the_page_declares_its_language_and_shows_the_titles_in_it(tmp_path, library):
    assert '<html lang="zh-CN">' in write(tmp_path, library, settled("ada", (record("ada"),)), language="zh")
    assert library.course.exercises[0].title.in_("zh") in next((tmp_path / "students").iterdir()).read_text("utf-8")


def data_of(page):
    """Return the data that the script of a class page gets."""
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def test_a_large_class_is_data_for_the_script_and_hardly_more_markup_than_a_small_one(tmp_path, library):
    mistake = next(iter(library.mistakes.values()))
    pages = []
    for students in (20, 400):
        final_results = (
            settled(f"student {n:03}", (record(f"student {n:03}"), wrong(f"student {n:03}", "x", [mistake.id])))
            for n in range(students)
        )
        pages.append(write(tmp_path, library, *final_results))
    facts = data_of(pages[1])
    assert [row[0] for row in facts["rows"]] == [f"student {n:03}" for n in range(400)]
    assert {f"{row[2]}.html" for row in facts["rows"]} == {path.name for path in (tmp_path / "students").iterdir()}
    assert facts["groups"][f"mistake:{mistake.id}"] == list(range(400))
    few, many = (
        Elements(re.sub(r"<noscript>.*?</noscript>", "", page, flags=re.DOTALL)).tags.total() for page in pages
    )
    assert few == many


def test_a_row_holds_points_outcomes_and_whether_the_student_needs_review(tmp_path, library):
    half = FunctionRecord("ada", "ex1_small", "descend", 1.0, 3.0, "failed", [], [], "", 0.0)
    late = RUN | {"people": {"ada": {"name": "Ada L.", "late": True}}}
    ada = settled("ada", (record("ada"), half), "look", SubmissionMetadata(late=True))
    page = write(tmp_path, library, ada, run=late)
    (row,) = data_of(page)["rows"]
    assert row[:2] == ["ada", "Ada L."]
    assert row[3:] == [3.0, 5.0, f"P{chr(data_of(page)['partly'] + 33)}", 3]


def test_the_class_is_read_once_and_no_record_stays_in_memory(tmp_path, library):
    made = []

    def one_after_the_other():
        for number in range(50):
            final_result = settled(f"s{number:02}", (record(f"s{number:02}"),))
            made.append(weakref.ref(final_result))
            yield final_result
            del final_result
            assert sum(one() is not None for one in made) <= 2

    write_pages(tmp_path, one_after_the_other(), library, RUN, "en")
    assert len(data_of((tmp_path / "index.html").read_text("utf-8"))["rows"]) == 50


def test_without_pages_of_students_the_class_page_links_none_and_old_ones_go(tmp_path, library):
    ada = settled("ada", (record("ada"), wrong("ada", "x", [next(iter(library.mistakes))])), "look")
    write(tmp_path, library, ada)
    write_pages(tmp_path, [ada], library, RUN, "en", student_pages=False)
    page = (tmp_path / "index.html").read_text("utf-8")
    assert pages(tmp_path) == [tmp_path / "index.html"]
    assert not any(link.startswith("students") for link in Elements(page).links)
    assert "<bdi>ada</bdi>" in page
    assert data_of(page)["rows"][0][2] == ""


def test_students_who_share_a_verdict_read_it_under_their_own_names_and_with_their_own_code(tmp_path, library):
    sources = {"ada": "def descend():\n    return 1\n", "bob": "# mine\ndef descend():\n    return 2\n"}
    records = {name: wrong(name, "ValueError: no\nline 2: x") for name in sources}
    final_results = [settled(name, (replace(record, source=f"{name}.py"),)) for name, record in records.items()]
    write_pages(tmp_path, final_results, library, RUN, "en", lambda one: {"descend": Attachments(sources[one.student])})
    shown = {name: (tmp_path / page_path(name)).read_text("utf-8") for name in sources}
    for name, other in (("ada", "bob"), ("bob", "ada")):
        assert f"grader show {name} descend" in shown[name]
        assert shown[name].count(f"{name}.py") == 3, "with the function, with the file, and as its label"
        assert sources[name].splitlines()[-1] in shown[name]
        assert sources[other].splitlines()[-1] not in shown[name] and other not in shown[name]


def test_what_students_share_of_a_page_is_rendered_once(library):
    sections = SectionRenderer(environment_for("en"), library, lambda record: record, "en")
    attachments = Attachments("def descend():\n    return 1\n")
    ada, bob = (
        sections.function(replace(wrong(n, "x"), seconds=s), attachments) for n, s in (("ada", 0.1), ("bob", 0.2))
    )
    assert ada is bob
    assert sections.function(wrong("eve", "y"), attachments) is not ada


def test_code_is_next_to_what_failed_as_text_with_the_line_of_the_error(tmp_path, library):
    source = (
        "import torch\n\n\ndef descend(x):\n    y = x\n    return '</pre><script>alert(1)</script>\u202e'\n\n\nz = 1\n"
    )
    final_result = settled("ada", (wrong("ada", "ValueError: no\nline 5: y = x"), record("ada")))
    attachments = {"descend": Attachments(source), "mean_square": Attachments(source)}
    write_pages(tmp_path, [final_result], library, RUN, "en", lambda _: attachments)
    page = next((tmp_path / "students").iterdir()).read_text("utf-8")
    assert re.search(r'<pre class="on here">\s*    y = x</pre>', page)
    assert re.search(r'<pre class="numbers on here" aria-hidden="true">\s*5</pre>', page)
    assert "alert(1)&lt;/script&gt;\ufffd" in page and page.count("<script") == 1, "our own script is the only one"
    part = page.split('id="mean_square"')[1].split("</section>")[0]
    assert "<pre" not in part, "what passed needs no code beside it"
    assert "z = 1" in page.split('<details class="file">')[1], "the whole file can be unfolded"


def test_a_student_reads_of_a_hidden_check_the_hint_but_not_the_right_value(tmp_path, library):
    mistake = next(m for m in library.mistakes.values() if m.function == "descend")
    exercise = library.course.exercise_of["descend"]
    hidden = next(check for check in exercise.checks_of("descend") if check.hidden)
    public = next(check for check in exercise.checks_of("descend") if not check.hidden)
    picture = HeatMap("p", (1, 2), ((0, 50),), 1, 2)
    checks = [
        CheckRecord(
            check.name,
            check.claim.in_("en"),
            False,
            0.0,
            1.0,
            f"{check.name}: yours 1, expected 77\n{mistake.hint.in_('en')}",
            f"x = torch.tensor(1.0)\ndescend(x, '{check.name}')",
        )
        for check in (hidden, public)
    ]
    bad = FunctionRecord("ada", "ex1_small", "descend", 0.0, 2.0, "failed", [mistake.id], checks, "", 0.0)
    changed = CheckDisplay(changed=(ChangedArgument("x", LiteralValue("before"), LiteralValue("after")),))
    displays = {hidden.name: changed, public.name: changed}
    attachments = {"descend": Attachments("", {hidden.name: picture, public.name: picture}, displays)}
    write_pages(tmp_path, [settled("ada", (bad,))], library, RUN | {"policy": None}, "en", lambda _: attachments)
    page = next((tmp_path / "students").iterdir()).read_text("utf-8")
    assert f"{hidden.name}: yours" not in page and f"{public.name}: yours 1, expected 77" in page
    assert page.count("<svg") == 1, "a picture would show what the words do not"
    assert f"descend(x, &#39;{public.name}&#39;)" in page and f"descend(x, &#39;{hidden.name}&#39;)" not in page
    assert page.count("x before the call: before") == 1, "so would the changed argument"
    assert ")\ufffd" not in page, "each line of a call is a line of the page"
    assert str(visible(mistake.hint.in_("en"))[:20]) in page
    write_pages(tmp_path, [settled("ada", (bad,))], library, RUN, "en", lambda _: attachments)
    page = next((tmp_path / "students").iterdir()).read_text("utf-8")
    assert f"{hidden.name}: yours 1" in page and page.count("<svg") == 2


def test_the_page_says_how_to_run_it_again_with_the_same_inputs(tmp_path, library):
    write(tmp_path, library, settled("o'neill; rm", (wrong("o'neill; rm", "x"),)))
    page = html.unescape(next((tmp_path / "students").iterdir()).read_text("utf-8"))
    command = re.search(r"<code>(grader show .*?)</code>", page)[1]
    assert shlex.split(command) == ["grader", "show", "o'neill; rm", "descend", "--rerun"]
    assert "seed 7" in page and "sandbox full" in page


def test_a_check_that_all_fail_is_named_before_the_scores(tmp_path, library):
    page = write(tmp_path, library, *(settled(name, (wrong(name, "x"), record(name))) for name in "abcdef"))
    part = page.split("Checks that look faulty")[1].split("<h2>Scores<")[0]
    assert "fail this check: 6 of 6." in part and "descend" in part and "mean_square" not in part


def test_every_head_of_a_table_has_a_scope_and_every_field_a_label(tmp_path, library):
    page = write(tmp_path, library, settled("ada", (record("ada"),)))
    assert all('scope="' in head for head in re.findall(r"<th\b[^>]*>", page))
    fields = re.findall(r"<(?:input|select)\b[^>]*>", page)
    assert len(fields) == len(re.findall(r"<label>[^<]*<(?:input|select)\b", page)) == 4
