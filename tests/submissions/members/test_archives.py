"""Submissions from a zip file: every sensible layout is read, and hostile content does no harm."""

import io
import stat
import tracemalloc
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.core.errors import UsageError
from grader.core.outcome_text import reason_text
from grader.submissions.download_reader import read_download
from grader.submissions.members.path_rules import MAX_MEMBERS, MAX_NAME
from grader.submissions.size_limits import MAX_FILE_BYTES, MAX_FILES, MAX_SUBMISSION_BYTES

STUBS, MIB = {"ex1_small.py"}, 1 << 20
ADA = {"ada/ex1_small.py": "x = 1\n"}


def zipped(files):
    """Return a zip of {name or ZipInfo: text, bytes or such a dictionary}; a final slash makes a folder."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, zipped(content) if isinstance(content, dict) else content)
    return made.getvalue()


def member(name, mode=0, orig=None):
    info = zipfile.ZipInfo(name)
    info.filename = orig or info.filename
    info.external_attr = mode << 16
    return info


def bomb(size, name="big.py"):
    """Return a zip with one file of `size` zero bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as file:
        for _ in range(size // MIB):
            file.write(bytes(MIB))
    return made.getvalue()


def read_archive(path, stubs):
    return read_download(path, stubs, "auto", str).submissions


@pytest.fixture
def read(tmp_path):
    """A function that reads an archive: {student: ({path: bytes}, problems)}."""

    def read(files, name="class.zip"):
        path = tmp_path / name
        path.write_bytes(files if isinstance(files, bytes) else zipped(files))
        submissions = read_archive(path, STUBS)
        found = {s.student: (dict(s.read()), [*map(reason_text, s.problems)]) for s in submissions}
        assert len(found) == len(submissions)
        assert [*tmp_path.iterdir()] == [path]  # nothing was unpacked
        return found

    return read


def paths(found):
    return {student: sorted(files) for student, (files, problems) in found.items() if not problems}


LAYOUTS = {
    "a folder per student": {"ada/ex1_small.py": "", "ada/lib/b.py": "", "bob/work.ipynb": "", "bob/notes.txt": ""},
    "a file per student": {"ada.py": "", "bob.ipynb": "", "readme.txt": ""},
    "a zip per student": {"ada.zip": {"ex1_small.py": "", "lib/b.py": ""}, "bob.ZIP": {"work.ipynb": ""}},
    "a zip in a folder per student": {"ada/hw.zip": {"ex1_small.py": ""}, "bob/hw.zip": {"b.py": ""}, "bob/c.py": ""},
    "an empty folder": {"ada/": "", "bob/.DS_Store": "", "bob/": "", "cy/a.py": ""},
}
EXPECTED = (
    {"ada": ["ex1_small.py", "lib/b.py"], "bob": ["work.ipynb"]},
    {"ada": ["ada.py"], "bob": ["bob.ipynb"]},
    {"ada": ["ex1_small.py", "lib/b.py"], "bob": ["work.ipynb"]},
    {"ada": ["ex1_small.py"], "bob": ["c.py", "hw.zip/b.py"]},
    {"ada": [], "bob": [], "cy": ["a.py"]},
)


@pytest.mark.parametrize(("layout", "expected"), [*zip(LAYOUTS, EXPECTED, strict=True)])
@pytest.mark.parametrize("root", ["", "Class of 2026/"])
def test_the_layouts_of_a_class_are_read_also_inside_a_wrapping_folder(read, layout, expected, root):
    files = {f"{root}{name}": content for name, content in LAYOUTS[layout].items()}
    assert paths(read(files)) == expected


@pytest.mark.parametrize(("root", "student"), [("", "class"), ("ada/", "ada")])
def test_stub_files_at_the_top_level_are_one_submission(read, root, student):
    found = read({f"{root}ex1_small.py": "", f"{root}lib/b.py": ""})
    assert paths(found) == {student: ["ex1_small.py", "lib/b.py"]}


def test_hidden_and_foreign_folders_and_files_are_ignored(read):
    junk = ["__MACOSX/ada/._ex1_small.py", ".git/x.py", "ada/.ipynb_checkpoints/x.py", "ada/__pycache__/x.py"]
    junk += ["ada/._x.py", "ada/node_modules/x.py", "ada/site-packages/x.py", ".DS_Store"]
    assert paths(read(ADA | {"bob/b.py": ""} | dict.fromkeys(junk, ""))) == {"ada": ["ex1_small.py"], "bob": ["b.py"]}


def test_students_of_the_same_name_are_separate(read):
    found = read({"ada.py": "", "ada/a.py": "", "bob.py": "", "bob.zip": {"b.py": ""}})
    assert paths(found) == {"ada": ["a.py"], "ada.py": ["ada.py"], "bob.py": ["bob.py"], "bob.zip": ["b.py"]}


def test_backslashes_of_windows_separate_folders(read):
    files = {member("x", orig="ada\\lib\\b.py"): "1", "bob/b.py": ""}
    assert paths(read(files)) == {"ada": ["lib/b.py"], "bob": ["b.py"]}


@pytest.mark.parametrize(
    ("written", "encoding", "name"),
    [
        ("王小明", "gbk", "王小明"),
        ("王喆", "gbk", "王喆"),
        ("王小明", "utf-8", "王小明"),
        ("José", "utf-8", "José"),
        ("José", "cp437", "José"),
        ("Jürgen", "cp437", "Jürgen"),
    ],
)
def test_a_name_without_the_utf8_flag_is_decoded(read, written, encoding, name):
    raw = written.encode(encoding)
    data = zipped({"#" * len(raw) + "/ex1_small.py": "", "bob/b.py": ""}).replace(b"#" * len(raw), raw)
    assert paths(read(data)) == {name: ["ex1_small.py"], "bob": ["b.py"]}


def test_a_name_in_gbk_that_holds_the_byte_of_a_backslash_stays_whole(read):
    raw = "王誠".encode("gbk")
    assert b"\\" in raw
    assert set(read(zipped({"####/a.py": "", "bob/b.py": ""}).replace(b"####", raw))) == {"王誠", "bob"}


LEADING_OUT = {
    "../evil.py": "../evil.py",
    "/etc/evil.py": "/etc/evil.py",
    "C:\\evil.py": "C:\\evil.py",
    "\\\\host\\evil.py": "\\\\host\\evil.py",
    "..\\..\\evil.py": "..\\..\\evil.py",
    "ada/../../evil.py": "ada",
    "ada\\..\\bob\\ex1_small.py": "ada",
}


@pytest.mark.parametrize(("name", "root"), [(n, r) for n, owner in LEADING_OUT.items() for r in (0, owner != "ada")])
def test_a_name_that_leads_out_of_the_archive_is_a_problem_of_its_student_only(read, name, root):
    wrapped = {f"class/{path}": "x = 1\n" for path in ("ada/ex1_small.py", "bob/b.py")}
    found = read((wrapped if root else ADA | {"bob/b.py": "x = 1\n"}) | {member("x", orig=name): "evil"})
    owner = LEADING_OUT[name]
    assert found["bob"] == ({"b.py": b"x = 1\n"}, [])
    assert found["ada"][0] == {"ex1_small.py": b"x = 1\n"}
    assert found[owner][1] == [f"{name}: its path leads out of the archive"]


def locked(data, name):
    """Return the archive with the encryption flag of a member set, in both of its headers."""
    for start, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.rindex(start, 0, data.index(name, data.index(start)))
        data = data[: at + offset] + bytes([data[at + offset] | 1]) + data[at + offset + 1 :]
    return data


HOSTILE = {
    "a symbolic link": ({member("ada/l.py", stat.S_IFLNK | 0o777): "/etc/passwd"}, "l.py: a symbolic link"),
    "a named pipe": ({member("ada/p.py", stat.S_IFIFO | 0o644): ""}, "p.py: not a regular file"),
    "a folder without a slash": ({member("ada/d.py", stat.S_IFDIR | 0o755): ""}, "d.py: not a regular file"),
    "a file and a folder": ({"ada/d.py": "", "ada/d.py/x.txt": ""}, "d.py: the archive contains a file and a folder"),
    "a null byte": ({member("x", orig="ada/a\0.py"): ""}, "a�.py: control characters in its name"),
    "an escape": ({"ada/\x1b[2J.py": ""}, "�[2J.py: control characters in its name"),
    "a line end": ({"ada/a\nb.py": ""}, "a�b.py: control characters in its name"),
    "a long name": ({"ada/" + "n" * MAX_NAME + ".py": ""}, "a name that is too long"),
    "a broken zip": ({"ada/hw.zip": "PK is all there is"}, "hw.zip: not a readable zip file"),
    "a zip in a zip in a zip": (
        {"ada/hw.zip": {"in.zip": {"deep.zip": {"a.py": ""}}}},
        "hw.zip/deep.zip: an archive inside an archive inside an archive, which is not opened",
    ),
    "a broken zip in a zip": ({"ada/hw.zip": {"in.zip": "PK is all"}}, "hw.zip/in.zip: not a readable zip file"),
    "a bomb in a zip in a zip": ({"ada/hw.zip": {"in.zip": bomb(80 * MIB)}}, "hw.zip/big.py: larger than 1 MiB"),
    "an evil name in a zip": ({"ada/hw.zip": {"../../a.py": ""}}, "../../a.py: its path leads out"),
    "a large file": ({"ada/big.py": bytes(2 * MIB)}, "big.py: larger than 1 MiB"),
    "a bomb": ({"ada/hw.zip": bomb(80 * MIB)}, "hw.zip/big.py: larger than 1 MiB"),
    "a bomb of a zip": (
        {"ada/hw.zip": bytes(MAX_SUBMISSION_BYTES + 1)},
        "hw.zip: the files before it reach the limit",
    ),
    "too many files": ({f"ada/{i}.py": "" for i in range(1, MAX_FILES + 1)}, "more than 200 files"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_member_is_a_problem_of_its_student_and_the_rest_is_read(read, kind):
    files, problem = HOSTILE[kind]
    data = bytes(range(256)) * 10
    found = read({"bob/b.py": data, "ada/0.py": "x = 1\n"} | files)
    assert found["bob"] == ({"b.py": data}, [])
    assert found["ada"][0]["0.py"] == b"x = 1\n"
    assert len(found["ada"][1]) == 1 and problem in found["ada"][1][0]
    assert found["ada"][1][0].isprintable()
    assert set(found) == {"ada", "bob"}


def test_an_encrypted_member_is_a_problem_of_its_student(read):
    found = read(locked(zipped(ADA | {"bob/b.py": ""}), b"ada/ex1_small.py"))
    assert found["ada"] == ({}, ["ex1_small.py: encrypted: hand in a file without a password"])
    assert found["bob"] == ({"b.py": b""}, [])


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_if_two_members_have_one_name_neither_is_read(read):
    found = read([("ada/ex1_small.py", "1"), ("ada/ex1_small.py", "2"), ("ada\\ex1_small.py", "3"), ("bob/b.py", "")])
    assert found["ada"] == (
        {},
        ["ex1_small.py: the archive contains this file twice: hand in one of them"],
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_python_expands_without_a_limit_are_not_read(read, method):
    info = member("ada/ex1_small.py")
    info.compress_type = method
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(info, "x = 1\n", method)
        archive.writestr("bob/b.py", "")
    assert "compressed with an unsupported method" in read(made.getvalue())["ada"][1][0]


@pytest.mark.parametrize("claimed", [1, MAX_FILE_BYTES])
def test_a_false_size_is_not_trusted(read, claimed):
    data = zipped({"ada/ex1_small.py": bytes(3 * MIB), "bob/b.py": ""})
    size = (3 * MIB).to_bytes(4, "little")
    files, problems = read(data.replace(size, claimed.to_bytes(4, "little")))["ada"]
    assert (files, len(problems)) == ({}, 1)


def test_the_bytes_read_for_one_student_are_limited(read):
    files = {f"ada/{number:03}.py": bytes(MAX_FILE_BYTES) for number in range(70)}
    found, problems = read(files | {"bob/b.py": ""})["ada"]
    assert sum(map(len, found.values())) == MAX_SUBMISSION_BYTES
    assert problems == [f"{number:03}.py: the files before it reach the limit of 16 MiB" for number in range(16, 70)]


@pytest.mark.parametrize("wrap", [False, True])
def test_a_bomb_takes_little_memory(tmp_path, wrap):
    data = bomb(400 * MIB)
    path = tmp_path / "class.zip"
    path.write_bytes(zipped({"ada.zip": data, "bob.py": ""}) if wrap else data)
    tracemalloc.start()
    try:
        for submission in read_archive(path, STUBS):
            submission.read()
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


def many(count):
    """Return a zip of `count` empty members, assembled by hand because zipfile takes long."""
    entry = b"PK\x01\x02" + bytes([20, 0, 20, 0]) + bytes(20) + b"\x04\0" + bytes(16) + b"a.py"
    end = b"PK\x05\x06" + bytes(4) + b"\xff\xff\xff\xff" + (len(entry) * count).to_bytes(4, "little") + bytes(6)
    return entry * count + end


def test_too_many_members_are_refused(read):
    with pytest.raises(UsageError, match="more than 100000 files"):
        read(many(MAX_MEMBERS + 1))
    assert (
        "it contains too many files (more than 100000)"
        in read({"ada.zip": many(MAX_MEMBERS + 1), "bob.py": ""})["ada"][1][0]
    )


PAIR = zipped({"a.py": "x = 1\n", "b.py": "y = 2\n"})
LIST = PAIR.index(b"PK\x01\x02")
NAMES = [at for name in (b"a.py", b"b.py") for at in range(PAIR.index(name, LIST), PAIR.index(name, LIST) + 4)]
"""Where the list says what the files are called: of this there is no checksum."""


@pytest.mark.parametrize("bits", [0x01, 0x32, 0x56, 0x80, 0xFF])  # 0x32, 0x56: an entry is left out
def test_a_flipped_byte_in_the_list_of_a_zip_hides_no_file(read, bits):
    for at in [at for at in range(LIST, len(PAIR)) if at not in NAMES]:
        data = bytearray(PAIR)
        data[at] ^= bits
        files, problems = read({"ada/hw.zip": bytes(data), "bob/b.py": ""})["ada"]
        assert len(files) == 2 or problems, at


def test_a_zip_that_ends_early_anywhere_is_reported(read):
    for end in range(len(PAIR)):
        assert read({"ada/hw.zip": PAIR[:end], "bob/b.py": ""})["ada"][1], end


def test_a_class_whose_list_holds_fewer_files_than_it_says_is_refused(read):
    entry = PAIR.index(b"PK\x01\x02", LIST + 1) - LIST
    data = bytearray(zipped({"ada.py": "", "bob.py": ""}))
    data[data.index(b"PK\x01\x02") + 32] = entry + 2  # entry 1 gets a comment that covers entry 2
    with pytest.raises(UsageError, match=r"class\.zip is not a readable zip file \(it declares 2 files"):
        read(bytes(data))


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x05\x06", zipped({}), zipped({"readme.txt": "x"})])
def test_an_archive_without_students_is_a_usage_error_that_names_it(read, data):
    with pytest.raises(UsageError, match=r"class\.zip(: no| is not)"):
        read(data)


@pytest.mark.parametrize("name", ["nowhere.zip", "folder.zip"])
def test_a_path_that_is_no_file_is_a_usage_error_that_names_it(tmp_path, name):
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(UsageError, match=name):
        read_archive(tmp_path / name, STUBS)


REAL = zipped(
    {
        "class/ada/ex1_small.py": "x = 1\n" * 9,
        "class/bob.zip": {"王/b.py": "y = 2\n"},
        "class/cy/": "",
        "class/d.py": "",
    }
)
EDITS = st.lists(st.tuples(st.integers(0, len(REAL) - 1), st.integers(0, 255)), max_size=6)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS, cut=st.slices(len(REAL)), whole=st.integers(0, 3), inner=st.booleans())
def test_random_bytes_raise_only_usage_errors(tmp_path, edits, cut, whole, inner):
    data = bytearray(REAL)
    for at, byte in edits:
        data[at] = byte
    data = bytes(data if whole else data[cut])
    (tmp_path / "class.zip").write_bytes(zipped({"ada.zip": data, "bob.py": ""}) if inner else data)
    try:
        submissions = read_archive(tmp_path / "class.zip", STUBS)
    except UsageError as error:
        assert "class.zip" in str(error)
        return
    for submission in submissions:
        for path, content in submission.read():
            assert path.isprintable() and len(content) <= MAX_FILE_BYTES
