"""`--help` and the messages about a wrong command line, in both languages."""

import ast
import re
import shlex
from importlib import import_module

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from grader.cli.app import app
from grader.cli.command_lookup import command_modules
from grader.cli.translated_help import command_asked, language_asked
from grader.core.language import translator
from tests.help_words import help_words
from tests.tools import COURSE, grader_command, grader_in_process

NAMES = [*command_modules()]
CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH_SENTENCE = re.compile(r"[A-Za-z]+ [a-z]+ [a-z]+")


@pytest.fixture(scope="module", autouse=True)
def _all_commands():
    for module in command_modules().values():
        import_module(module)
    # Earlier tests in this process may have registered some commands.
    app.registered_commands.sort(key=lambda command: NAMES.index(command.name or command.callback.__name__))


def said(*line, language="", width=80):
    """Return the output of a command line, and its exit code."""
    environment = {"COLUMNS": str(width), "AUTOGRADED_LANG": language, "LC_ALL": "C"}
    done = CliRunner().invoke(app, line, prog_name="grader", env=environment)
    return done.output, done.exit_code


def without_examples(text):
    """Return the help without its example commands, which are not translated."""
    return re.sub(r"(?m)^ *(示例：|Examples:) *\n(?:.*\S.*\n)*", "", text)


def unwrapped(text):
    """Return a text without blanks, line ends and the frames around it."""
    return re.sub(r"[│\s]", "", text)


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("name", [None, *NAMES])
def test_help_is_chinese_throughout_and_whole(name, width):
    shown, code = said(*filter(None, [name]), "--help", language="zh", width=width)
    assert code == 0
    assert "用法：grader" in shown and "选项" in shown and "显示这段帮助并退出。" in unwrapped(shown)
    assert not ENGLISH_SENTENCE.findall(without_examples(shown))
    assert "…" not in shown  # the terminal cut the line here


@pytest.mark.parametrize("name", NAMES)
def test_no_help_of_a_command_or_parameter_is_left_in_english(name):
    shown = unwrapped(said(name, "--help", "--lang", "zh", width=400)[0])
    english = get_command(app).commands[name]
    for text in (english.help, *(parameter.help for parameter in english.params)):
        chinese = translator("zh")(text)
        assert CHINESE.search(chinese), text
        assert unwrapped(chinese) in shown
        assert unwrapped(text) not in shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_paragraph_fills_the_width_and_each_example_has_its_line(language):
    lines = [line.strip() for line in said("adopt", "--help", language=language, width=400)[0].splitlines()]
    paragraph = {"en": ("The command shows the code", "as before."), "zh": ("命令会显示", "写入课程。")}[language]
    assert [line for line in lines if line.startswith(paragraph[0]) and line.endswith(paragraph[1])]
    assert "grader adopt results 70005 mse_by_hand" in lines


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_every_command_are_indented(name):
    lines = [line.rstrip() for line in said(name, "--help", language="en", width=200)[0].splitlines()]
    first = next(n for n, line in enumerate(lines) if line.strip().startswith("Example")) + 1
    assert lines[first].startswith("   grader ")


def test_a_shell_with_a_chinese_locale_gets_chinese_help(tmp_path):
    found = grader_command("grade", "--help", cwd=tmp_path, AUTOGRADED_LANG="zh")
    assert found.returncode == 0
    assert "用法：" in found.stdout and "要写入的结果文件夹。" in found.stdout
    assert not ENGLISH_SENTENCE.findall(without_examples(found.stdout))


def test_without_a_command_the_help_is_shown():
    shown = {language: unwrapped(said(language=language)[0]) for language in ("en", "zh")}
    assert shown["zh"] == unwrapped(said("--help", language="zh")[0]) != shown["en"]


def test_english_help_is_that_of_typer():
    said("grade", "--help", language="zh")
    shown, code = said("grade", "--help", language="en", width=160)
    assert code == 0
    for words in ("Usage: grader grade [OPTIONS]", "Options", "Arguments", "[required]", "[default: auto]", "NAME"):
        assert words in shown
    assert "Results folder to write." in shown and "Show this message and exit." in shown
    assert not CHINESE.search(shown)


@pytest.mark.parametrize(
    ("line", "english", "chinese"),
    [
        (
            ["grade", "--frsh"],
            "No such option: --frsh (Possible options: --fixes, --fresh)",
            "没有这个选项：--frsh（可能想用",
        ),
        (["demo", "--lange"], "No such option: --lange", "没有这个选项：--lange"),
        (
            ["grad"],
            "No such command 'grad'. Did you mean 'grade', 'regrade'?",
            "没有这个命令：'grad'。你是不是想用 'grade', 'regrade'？",
        ),
        (["xyz"], "No such command 'xyz'.", "没有这个命令：'xyz'。"),
        (["grade"], "Missing argument 'submissions'.", "缺少参数 'submissions'。"),
        (["grade", "x"], "Missing option '--out'.", "缺少选项 '--out'。"),
        (["compare", "a", "b", "c"], "Got unexpected extra argument(s) (c)", "有多余的参数（c）"),
        (["grade", "x", "--out"], "Option '--out' requires an argument.", "选项 '--out' 后面需要一个值。"),
        (["grade", "--fresh=1"], "Option '--fresh' does not take a value.", "选项 '--fresh' 不能带值。"),
        (["grade", "x", "--out", "y", "-j", "z"], "valid integer", "'--jobs' / '-j' 的值无效：应为整数"),
        (["grade", "x", "--out", "y", "-j", "0"], "greater than or equal to 1", "的值无效：应大于或等于 1"),
        (["hint", "f", "--level", "9"], "less than or equal to 3", "'--level' 的值无效：应小于或等于 3"),
        (["watch", "--time-limit", "long"], "valid number", "'--time-limit' 的值无效：应为数字"),
    ],
)
def test_a_usage_error_is_translated_with_exit_code_2(line, english, chinese):
    for language, words, heading in (("en", english, "Error"), ("zh", chinese, "错误")):
        shown, code = said(*line, language=language, width=120)
        assert code == 2
        assert words in shown and heading in shown
        assert bool(CHINESE.search(shown)) == (language == "zh")


def test_lang_has_an_effect_before_and_after_the_command(tmp_path):
    assert "没有这个选项：--frsh" in said("grade", "--frsh", "--lang", "zh", language="en")[0]
    assert "没有这个选项：--frsh" in said("--lang=zh", "grade", "--frsh", language="en")[0]
    assert "No such option: --frsh" in said("grade", "--frsh", "--lang", "en", language="zh")[0]
    (tmp_path / "class").mkdir()
    found = grader_command("--lang", "zh", "demo", "class", cwd=tmp_path)
    assert found.returncode == 2
    assert "路径已经存在：class" in found.stdout


def test_reports_for_authors_are_in_the_requested_language(tmp_path):
    doctor = ["doctor", "--no-mutants", "--only", "mean_square", "--lang", "zh"]
    for line, words in (
        (["--lang", "zh", "sync", "--check"], "共 4 个生成的文件，4 个是最新的"),
        (doctor, "2 项检查，3 个已知错误，1 种其他正确写法，10 个什么都不做的答案，用时"),
    ):
        found = grader_in_process(*line, "--course", COURSE, "--jobs", "1", cwd=tmp_path)
        assert found.returncode == 0
        assert words in found.stdout


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        ([], None),
        (["grade", "--help"], None),
        (["grade", "--lang", "zh", "--help"], "zh"),
        (["--lang=zh"], "zh"),
        (["--lang", "zh", "--lang", "en"], "en"),
        (["--lang"], None),
        (["--", "--lang", "zh"], None),
    ],
)
def test_language_asked_finds_the_value_of_lang(arguments, language):
    assert language_asked(arguments) == language


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([], None),
        (["--help"], None),
        (["--lang", "zh"], None),
        (["--lang", "zh", "--help", "grade"], "grade"),
        (["--lang=zh", "grade", "watch"], "grade"),
        (["--", "grade"], "grade"),
        (["grad", "grade"], "grad"),
    ],
)
def test_command_asked_finds_the_name_of_the_command(arguments, name):
    assert command_asked(arguments) == name


def test_the_list_of_commands_is_the_same_if_the_commands_are_not_loaded(tmp_path):
    listed = grader_command("--help", cwd=tmp_path, COLUMNS="80", AUTOGRADED_LANG="zh").stdout
    _first, _usage, *lines = said("--help", language="zh")[0].rstrip().splitlines()
    assert listed.rstrip().splitlines()[2:] == lines  # the second line is the command line


@pytest.mark.parametrize("name", NAMES)
def test_help_begins_with_one_sentence_and_gives_examples_of_this_command(name):
    command = get_command(app).commands[name]
    first, *_middle, last = command.help.split("\n\n")
    assert first.endswith(".") and ". " not in first
    heading, *examples = last.splitlines()
    assert heading == "Examples:" and 1 <= len(examples) <= 2
    for example in examples:
        grader, called, *arguments = shlex.split(example)
        assert (grader, called) == ("grader", name)
        command.make_context(name, arguments)  # raises on an option or argument that the command lacks


def test_a_help_that_could_not_be_translated_is_found():
    with pytest.raises(ValueError, match="line 1: the help of a parameter must be written out"):
        list(help_words(ast.parse('typer.Option(help=f"Up to {MOST}.")', mode="eval").body))
