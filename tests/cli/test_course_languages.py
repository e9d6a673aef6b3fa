"""A course declares its languages: here the miniature course in English only, and with German as a third language."""

import json
import re

import pytest

from grader.core.errors import AuthoringErrors
from grader.course.discovery import read_course
from grader.course.docstrings import keep_language
from grader.course.library import open_library
from grader.grading.policy.policy_file import PolicyError, read_policy
from tests.tools import (
    SOLUTION,
    WRONG_SUM,
    copy_course,
    edit,
    grader_command,
    grader_in_process,
    pytest_command,
    unwrapped,
    write_files,
)

CHINESE = re.compile(r"[\u4e00-\u9fff]")
PAIR = re.compile(r'^(\w+\.)?en = "(.*)"\n(?:\w+\.)?zh = "(.*)"\n', re.MULTILINE)
EXPERIMENT = re.compile(r'@experiment\((zh="[^"]*")(, )?(.*)\)\n(def .*\n    """(.*)""")')
PUBLIC, HIDDEN = "exercises/test_ex1_small.py", "tests/hidden/test_ex1_small.py"
CLAIM = "The result is the mean of the squares, and its gradient is 2 x / n."
HINT = "Twice as many entries of the same size: should the mean double?"
LESSON = """\
# mean_square

<!-- en -->
Look at the mean.
<!-- zh -->
看一看平均值。
<!-- de -->
Sieh dir den Mittelwert an.

# descend
"""
GERMAN_PART = r'"""\1\2\n\3Deutsch (de)\n\3------------\n\3Deutsch: \1\n\3"""'
"""A docstring with its first line in German as a third part."""
OPTIONS = ["--sandbox", "none", "--seed", "7", "--jobs", "1"]


def rewrite(course, title, pair, experiment):
    """Change the texts of a course: the arguments of exercise(), the pairs in TOML files, the experiments."""
    edit(course / PUBLIC, 'en="Small things", zh="小练习"', title)
    for file in (course / PUBLIC, course / HIDDEN):
        file.write_text(EXPERIMENT.sub(experiment, file.read_text("utf-8")), "utf-8")
    for file in (course / "solutions").rglob("*.toml"):
        file.write_text(PAIR.sub(pair, file.read_text("utf-8")), "utf-8")


def synced(course):
    """Generate the files of a course; its passed checks and golden were made for other texts."""
    done = grader_in_process("sync", "--jobs", "1", cwd=course)
    assert done.returncode == 0, done.stdout
    assert grader_in_process("sync", "--check", "--jobs", "1", cwd=course).returncode == 0
    (course / "exercises" / "ex1_small.py").write_text(WRONG_SUM, "utf-8")  # a learner's answer
    write_files(course / "class", {"ada/ex1_small.py": WRONG_SUM, "bob/ex1_small.py": SOLUTION})
    return course


@pytest.fixture(scope="module")
def english(tmp_path_factory):
    """The miniature course in English alone."""
    course = copy_course(tmp_path_factory.mktemp("english") / "course")
    rewrite(course, 'en="Small things"', r'\1en = "\2"' + "\n", r"@experiment(\3)" + "\n" + r"\4")
    solution = course / "solutions" / "ex1_small.py"
    solution.write_text(keep_language(SOLUTION, "en"), "utf-8")
    written = [course / PUBLIC, course / HIDDEN, *(course / "solutions").rglob("*.toml"), solution]
    assert [file for file in written if CHINESE.search(file.read_text("utf-8"))] == []
    return synced(course)


@pytest.fixture(scope="module")
def german(tmp_path_factory):
    """The miniature course in English, Chinese and German; its German texts are the English texts plus one word."""
    course = copy_course(tmp_path_factory.mktemp("german") / "course")
    rewrite(
        course,
        'en="Small things", zh="小练习", de="Kleine Dinge"',
        r'\1en = "\2"' + "\n" + r'\1zh = "\3"' + "\n" + r'\1de = "Deutsch: \2"' + "\n",
        r'@experiment(\1, de="Deutsch: \5"\2\3)' + "\n" + r"\4",
    )
    german = re.sub(r'"""(.*)((?:\n.*)*?\n)( *)"""', GERMAN_PART, SOLUTION)
    write_files(course, {"solutions/notebooks/ex1_small.md": LESSON, "solutions/ex1_small.py": german})
    return synced(course)


def test_the_titles_say_which_languages_a_course_has(english, german):
    assert [read_course(course).languages for course in (english, german)] == [("en",), ("en", "zh", "de")]
    for course in (english, german):
        (files,) = open_library(course).exercise_files.values()
        assert files.hint_errors == ()
        texts = [*(check.claim for check in files.exercise.checks), *(mistake.hint for mistake in files.mistakes)]
        texts += [hint for hints in files.hints.values() for hint in hints]
        assert {text.languages for text in texts} == {read_course(course).languages}
    golden = json.loads((german / "exercises/golden/ex1_small.json").read_bytes())
    assert golden["hints"]["mean_square__sum"]["de"] == f"Deutsch: {HINT}"


def test_the_generated_files_hold_the_languages_of_the_course(english, german):
    generated = ["golden/ex1_small.json", "notebooks/ex1_small.ipynb"]
    assert not any(CHINESE.search((english / "exercises" / name).read_text("utf-8")) for name in generated)
    cells = json.loads((german / "exercises" / generated[1]).read_bytes())["cells"]
    texts = {cell["id"]: "".join(cell["source"]) for cell in cells}
    (files,) = open_library(german).exercise_files.values()
    for language, word in {"en": "Return the mean", "zh": "返回各元素", "de": "Deutsch: Return the mean"}.items():
        assert word in texts["mean_square"]
        assert [f'"""{word}' in files.stub_in(other) for other in ("en", "zh", "de")].count(True) == 1
        assert f'"""{word}' in files.stub_in(language)
    assert texts["title"] == "# Small things · 小练习 · Kleine Dinge"
    assert texts["mean_square-title"] == "## `mean_square` (3 points · 3 分)"
    assert texts["mean_square-1"] == "Look at the mean.\n\n看一看平均值。\n\nSieh dir den Mittelwert an."
    assert texts["how"].count("Run the next cell first") == 1 and "请先" in texts["how"]


def test_exercises_of_one_course_that_differ_in_their_languages_are_reported(english, german, tmp_path):
    course = copy_course(tmp_path / "course")
    text = (german / PUBLIC).read_text("utf-8")
    text = text.replace("mean_square", "average").replace("descend", "walk")
    write_files(course, {"exercises/test_ex2_more.py": text})
    with pytest.raises(AuthoringErrors) as caught:
        read_course(course)
    (error,) = caught.value.errors
    assert error.place.endswith("test_ex2_more.py")
    assert error.found == "exercise() has titles in en, zh, de, but ex1_small has titles in en, zh"
    assert error.cure == "declare the same languages in all exercises of the course"


def test_the_self_check_prints_the_language_of_the_learner(english, german):
    shown = unwrapped(pytest_command("exercises", "--lang", "de", cwd=german).stdout)
    assert f"Deutsch: {CLAIM}" in shown and f"hint Deutsch: {HINT}" in shown and "Kleine Dinge" in shown
    shown = unwrapped(pytest_command("exercises", cwd=german, AUTOGRADED_LANG="de_DE.UTF-8").stdout)
    assert f"Deutsch: {CLAIM}" in shown
    shown = unwrapped(pytest_command("exercises", "--lang", "zh", cwd=english).stdout)
    assert CLAIM in shown and HINT in shown and "提示" in shown


@pytest.mark.parametrize("language", ["en", "zh", "de"])
def test_hints_are_in_the_language_of_the_learner(english, german, language):
    hint = ("hint", "mean_square", "--level", "2", "--lang", language)
    third, first = (grader_in_process(*hint, cwd=course).stdout for course in (german, english))
    assert (f"Deutsch: {HINT}" in third) == (language == "de")
    assert ("平均值也应该翻倍吗" in third) == (language == "zh")
    assert "should the mean double?" in first and "averages over all elements" in first


def test_a_class_is_graded_in_the_third_language_and_again_in_english_without_running_it(german, tmp_path):
    grade = ["grade", german / "class", "--out", tmp_path, "--course", german, *OPTIONS]
    done = grader_command(*grade, "--lang", "de", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    (record,) = [
        record
        for line in (tmp_path / "results.jsonl").read_text("utf-8").splitlines()
        if (record := json.loads(line))["student"] == "ada" and record["function"] == "mean_square"
    ]
    assert record["mistakes"] == ["mean_square__sum"]
    assert record["checks"][0]["claim"] == f"Deutsch: {CLAIM}"
    assert record["checks"][0]["message"].endswith(f"Deutsch: {HINT}")
    pages = student_pages(tmp_path)
    assert "Kleine Dinge" in pages and f"Deutsch: {CLAIM}" in pages and f"Deutsch: {HINT}" in pages
    shown = grader_in_process("show", "ada", "--results", tmp_path, "--lang", "de", cwd=tmp_path).stdout
    assert f"hint: Deutsch: {HINT}" in " ".join(shown.split())
    again = grader_in_process(*grade, "--lang", "en", cwd=tmp_path)
    assert "unchanged submissions, reused from the journal: 2" in again.stdout
    assert "Deutsch" not in student_pages(tmp_path)


@pytest.mark.parametrize("command", ["grade", "release", "package"])
def test_a_language_that_the_course_lacks_is_refused(german, tmp_path, command):
    arguments = {
        "grade": ["class", "--out", tmp_path / "out"],
        "release": [tmp_path / "out"],
        "package": ["gradescope", "--into", tmp_path / "out"],
    }[command]
    refused = grader_in_process(command, *arguments, "--lang", "fr", cwd=german)
    assert refused.returncode == 2
    assert "Unknown language: --lang fr." in refused.stdout and "Choose one of: en, zh, de" in refused.stdout
    assert not (tmp_path / "out").exists()


def test_the_policy_takes_a_language_of_the_course(german, english, tmp_path):
    file = tmp_path / "grader.toml"
    file.write_text('language = "de"\n', "utf-8")
    assert read_policy(file, read_course(german)).language == "de"
    with pytest.raises(PolicyError, match=r'expected one of "en", "zh"$'):
        read_policy(file, read_course(english))
    assert "de" in grader_in_process("policy", "--policy", file, cwd=german).stdout


def test_a_hand_out_in_the_third_language(german, tmp_path):
    made = grader_command("release", tmp_path / "out", "--course", german, "--lang", "de_AT", cwd=tmp_path)
    assert made.returncode == 0, made.stdout
    out = tmp_path / "out"
    assert "addopts = --lang de\n" in (out / "pytest.ini").read_text("utf-8")
    read_me = (out / "README.md").read_text("utf-8")
    assert "| Kleine Dinge |" in read_me
    said = "For output in English, add `--lang en` to a command. For output in Chinese, add `--lang zh` to a command."
    assert said in " ".join(read_me.split())
    notebook = (out / "exercises/notebooks/ex1_small.ipynb").read_text("utf-8")
    assert "Sieh dir den Mittelwert an." in notebook and "Look at the mean." not in notebook
    assert "Run the next cell first" in notebook and 'check(mean_square, lang=\\"de\\")' in notebook


def test_a_hand_out_of_an_english_course_mentions_no_other_language(english, tmp_path):
    made = grader_command("release", tmp_path / "out", "--course", english, cwd=tmp_path)
    assert made.returncode == 0, made.stdout
    texts = {p.name: p.read_text("utf-8") for p in (tmp_path / "out").rglob("*") if p.suffix in (".md", ".ini", ".py")}
    assert "README.zh.md" not in texts and "README.md" in texts
    assert not any(CHINESE.search(text) or "--lang" in text for text in texts.values())


@pytest.mark.parametrize("kind", ["english", "german"])
def test_a_new_exercise_is_in_the_languages_of_the_course(request, kind, tmp_path):
    course = copy_course_of(request.getfixturevalue(kind), tmp_path)
    done = grader_in_process("new", "ex2_squares", "square", cwd=course)
    assert done.returncode == 0, done.stdout
    files = open_library(course).exercise_files["ex2_squares"]
    assert files.exercise.languages == read_course(course).languages
    assert files.hint_errors == ()
    assert bool(CHINESE.search(files.solution)) == (kind == "german")


def student_pages(results):
    """The text of all pages of students."""
    return "".join(page.read_text("utf-8") for page in sorted((results / "students").iterdir()))


def copy_course_of(course, target):
    """Copy what authors write in a course, and no results."""
    for folder in ("exercises", "solutions", "tests"):
        for path in (course / folder).rglob("*.*"):
            if path.is_file() and "__pycache__" not in path.parts:
                write_files(target, {path.relative_to(course): path.read_bytes()})
    return target
