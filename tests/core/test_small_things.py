"""Small modules of core: display width, language, encoding of outcomes."""

import pickle

import msgspec
import pytest

from grader.core.language import choose_language
from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.core.outcomes import (
    WORST_FIRST,
    Crashed,
    GraderFault,
    Missing,
    NotAttempted,
    Observed,
    Raised,
    Refused,
    SourceLine,
    Status,
    TimedOut,
    Unreadable,
)
from grader.core.reasons import FACTS, FILE, Code, Reason
from grader.core.text import Text
from grader.rendering.display_width import cells, pad

OUTCOMES = [
    Observed({"x": 1.0, "y": (True, None, "z")}),
    NotAttempted(),
    Missing(Reason.of(Code.NOT_DEFINED)),
    Raised("ValueError", "no", SourceLine(1, "x"), "a float"),
    TimedOut(1.5, unrun=True),
    TimedOut(1.5, unrun=True, reason=Reason.of(Code.TIME_BUDGET, seconds=60)),
    Crashed(Reason.of(Code.EXIT, code=3), unrun=False),
    Unreadable((Reason.of(Code.SEVERAL_FILES, files="a.py, b.py"),)),
    GraderFault(Reason.of(Code.INTERNAL, error="ours")),
]


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("损失", 4), ("损失 ex1", 8), ("e\u0301", 1), ("", 0), ("，", 2), ("é", 1)]
)
def test_chinese_takes_two_cells_and_a_combining_accent_none(text, width):
    assert cells(text) == width
    assert cells(pad(text, 10)) == 10


def test_pad_does_not_cut_a_text_that_is_too_long():
    assert pad("损失函数", 3) == "损失函数"


@pytest.mark.parametrize(
    ("asked", "environment", "language"),
    [
        ("zh", {"AUTOGRADED_LANG": "en"}, "zh"),
        ("en", {"AUTOGRADED_LANG": "zh"}, "en"),
        (None, {"AUTOGRADED_LANG": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_GB"}, "zh"),
        (None, {"LANG": "de_DE.UTF-8"}, "de"),
        (None, {"LANG": "POSIX"}, "en"),
        (None, {"LC_ALL": "C.UTF-8"}, "en"),
        (None, {"LANG": "Chinese (Simplified)_China.936"}, "zh"),
        (None, {"LANG": "German_Germany.1252"}, "de"),
        ("ZH-cn", {}, "zh"),
        ("Chinese", {}, "zh"),
        ("pt_BR", {}, "pt"),
        ("fil", {}, "fil"),
        ("nothing known", {"LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_language_comes_from_the_option_then_our_variable_then_the_system(asked, environment, language):
    assert choose_language(asked, environment) == language


def test_a_text_falls_back_to_english_and_is_a_value():
    text = Text(en="one", zh="一", de="one")
    assert [text.in_(language) for language in ("en", "zh", "de", "fr", "")] == ["one", "一", "one", "one", "one"]
    assert (text.languages, text.every) == (("en", "zh", "de"), ("one", "一", "one"))
    assert text.joined(text.languages, " · ") == "one · 一"
    assert text == Text(**text.by_language) == pickle.loads(pickle.dumps(text)) != Text(en="one", zh="一")
    assert len({text, Text(**text.by_language)}) == 1


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda o: type(o).__name__)
def test_an_outcome_survives_the_encoding(outcome):
    plain = msgspec.json.decode(msgspec.json.encode(outcome_to_plain(outcome)))
    assert outcome_from_plain(plain) == outcome


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda o: type(o).__name__)
def test_an_outcome_with_something_added_or_missing_is_refused(outcome):
    plain = outcome_to_plain(outcome)
    for wrong in ([*plain, "more"], plain[:-1], ["unknown", *plain[1:]], [plain], []):
        with pytest.raises(ValueError, match=r"."):
            outcome_from_plain(wrong)


@pytest.mark.parametrize("kind", ["timed_out", "over_limit"])
def test_a_number_of_seconds_that_is_no_float_is_refused(kind):
    reason = [["time_budget", {"seconds": 1}]] if kind == "over_limit" else []
    assert outcome_from_plain([kind, 1, False, *reason]).seconds == 1.0
    with pytest.raises(ValueError, match="seconds"):
        outcome_from_plain([kind, 10**400, False, *reason])


def test_texts_of_an_outcome_are_cut_to_size():
    long = "x" * 100_000
    assert len(repr(outcome_from_plain(["raised", long, long, "", long]))) < 1000


@pytest.mark.parametrize("outcome", [Missing(), Raised("E", "m"), Raised("E", "m", SourceLine(2, "x", 3, 4))], ids=str)
def test_an_outcome_without_a_reason_or_with_a_line_survives_the_encoding(outcome):
    assert outcome_from_plain(msgspec.json.decode(msgspec.json.encode(outcome_to_plain(outcome)))) == outcome


WRONG_REASONS = {
    "an unknown code": ["made_up", {}],
    "a template": ["{0.__class__}", {}],
    "a text": "no submitted file defines this function",
    "no facts": ["not_defined"],
    "a fact too many": ["not_defined", {"more": "x"}],
    "a fact too few": ["utf16", {}],
    "another fact": ["utf16", {"path": "a.py"}],
    "a long text": ["utf16", {"file": "x" * (FILE + 1)}],
    "a number for a text": ["utf16", {"file": 1}],
    "a text for a number": ["exit", {"code": "1"}],
    "a truth for a number": ["exit", {"code": True}],
    "a large number": ["exit", {"code": 10**16}],
    "a list for a text": ["utf16", {"file": ["a.py"]}],
    "a list of facts": ["utf16", [["file", "a.py"]]],
}


@pytest.mark.parametrize("kind", WRONG_REASONS)
def test_a_reason_that_is_not_of_the_closed_list_or_whose_facts_do_not_fit_is_refused(kind):
    plain = WRONG_REASONS[kind]
    for outcome in (
        ["missing", plain],
        ["crashed", plain, False],
        ["refused", [plain]],
        ["unreadable", [plain]],
        ["grader_fault", plain],
    ):
        with pytest.raises(ValueError, match=r"."):
            outcome_from_plain(outcome)


@pytest.mark.parametrize(
    "line", ["line 3", [3, "x", None], [3, "x" * 113, None, None], ["3", "x", None, None], [10**16, "x", None, None]]
)
def test_a_line_of_another_kind_or_size_is_refused(line):
    with pytest.raises(ValueError, match=r"."):
        outcome_from_plain(["raised", "E", "m", line, ""])


@pytest.mark.parametrize("code", Code)
def test_facts_of_a_reason_are_cut_so_that_decoding_accepts_them(code):
    facts = {name: "\ud800" * 1000 if most else 10**30 for name, most in FACTS[code].items()}
    outcome = Refused((Reason.of(code, **facts),))
    assert outcome_from_plain(msgspec.json.decode(msgspec.json.encode(outcome_to_plain(outcome)))) == outcome


def test_a_forged_name_of_an_observation_is_cut_to_size():
    (name,) = outcome_from_plain(["observed", {"x" * 100_000: 1}]).values
    assert len(name) <= 400


def test_every_status_has_a_rank_and_grader_fault_is_the_worst():
    assert set(WORST_FIRST) == set(Status)
    assert (WORST_FIRST[0], WORST_FIRST[-1]) == (Status.GRADER_FAULT, Status.PASSED)
