"""One rule finds a student: the exact id, the hash of an id, ids and addresses, names; several are never one."""

import pytest

from grader.core.errors import UsageError
from grader.submissions.students.look_alikes import id_hash
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata

ANNS = ("ann", "ann ", "ann\u200b", "\ufeffann")
HASH_OF_ANN = id_hash("ann")
PEOPLE = {
    **dict.fromkeys(ANNS, SubmissionMetadata()),
    "70001": SubmissionMetadata(name="Wang Wei", email="w1@x.edu", ids=("wwei",)),
    "70002": SubmissionMetadata(name="wang  wei", email="w2@x.edu"),
    "0042": SubmissionMetadata(name="Ada"),
    "s5": SubmissionMetadata(name="ann"),
    "s6": SubmissionMetadata(name="70001", ids=("s5",)),
}


@pytest.fixture
def index():
    return StudentIndex(PEOPLE)


@pytest.mark.parametrize("id_", PEOPLE)
def test_an_exact_id_or_its_hash_finds_only_that_student(index, id_):
    assert index.require(id_) == id_
    assert index.require(id_hash(id_)) == index.require(f" {id_hash(id_).upper()} ") == id_


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("W1@X.EDU", ["70001"]),
        ("WWEI", ["70001"]),
        ("42", ["0042"]),
        ("ada", ["0042"]),
        ("Ann", [*ANNS]),
        ("Wang Wei", ["70001", "70002"]),
        ("h" + "0" * 16, []),
        ("wan", []),
        ("", []),
    ],
)
def test_other_names_find_all_students_who_match_equally_well(index, name, found):
    assert index.find(name) == found


def test_a_student_whose_id_is_the_hash_of_another_one_is_not_taken_for_that_student():
    index = StudentIndex({"ann": SubmissionMetadata(), HASH_OF_ANN: SubmissionMetadata()})
    assert index.find(HASH_OF_ANN) == [HASH_OF_ANN, "ann"]
    assert index.find("ann") == ["ann"]
    with pytest.raises(UsageError) as refused:
        index.require(HASH_OF_ANN)
    assert f"{HASH_OF_ANN} (id_hash {id_hash(HASH_OF_ANN)})" in str(refused.value)  # a name that does not fail again


def test_a_folder_named_like_the_address_of_another_student_is_not_taken_for_that_student():
    index = StudentIndex({"ann@x.edu": SubmissionMetadata(), "ann": SubmissionMetadata(email="Ann@x.edu")})
    with pytest.raises(UsageError) as refused:
        index.require("ann@x.edu")
    assert f"ann@x.edu (id_hash {id_hash('ann@x.edu')}), ann (id_hash {HASH_OF_ANN})" in str(refused.value)
    assert index.require(id_hash("ann@x.edu")) == "ann@x.edu"
    assert index.require("ann") == "ann"


def test_an_id_that_is_the_students_own_address_is_accepted():
    assert StudentIndex({"ann@x.edu": SubmissionMetadata(email="ann@x.edu")}).require("ann@x.edu") == "ann@x.edu"


def test_several_students_are_listed_with_their_ids_and_what_tells_them_apart(index):
    with pytest.raises(UsageError) as refused:
        index.require("Wang Wei")
    assert "70001 (Wang Wei), 70002 (wang  wei)" in str(refused.value)
    with pytest.raises(UsageError) as refused:
        index.require("Ann")
    for shown, id_ in zip(("ann", '"ann "', "ann\\u200b", "\\ufeffann"), ANNS, strict=True):
        assert f"{shown} (id_hash {id_hash(id_)})" in str(refused.value)


def test_the_beginning_of_a_name_is_accepted_only_if_the_caller_allows_it(index):
    assert index.find("wang", by_beginning=True) == ["70001", "70002"]
    assert index.find("ad", by_beginning=True) == ["0042"]
    with pytest.raises(UsageError, match="No such student"):
        index.require("wang w")
