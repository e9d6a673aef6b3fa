"""The fields of results.json that Gradescope documents, and a function that checks a results.json."""

FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBLE = {"hidden", "after_due_date", "after_published", "visible"}
TOP = {
    "score": float, "execution_time": int, "output": str, "output_format": FORMATS, "test_output_format": FORMATS,
    "test_name_format": FORMATS, "visibility": VISIBLE, "stdout_visibility": VISIBLE, "extra_data": dict,
    "tests": list, "leaderboard": list,
}  # fmt: skip
TEST = {
    "score": float, "max_score": float, "status": {"passed", "failed"}, "name": str, "name_format": FORMATS,
    "number": str, "output": str, "output_format": FORMATS, "tags": list, "visibility": VISIBLE, "extra_data": dict,
}  # fmt: skip


def check_gradescope(document):
    """Assert that Gradescope knows every field. Return the score that it records, or None for a failed run."""
    _fields(document, TOP)
    for test in document.get("tests", []):
        _fields(test, TEST)
        assert all(isinstance(tag, str) for tag in test.get("tags", []))
    if "score" in document:
        return document["score"]
    scores = [test.get("score") for test in document.get("tests", [])]
    return None if None in scores or not scores else sum(scores)


def _fields(found, known):
    assert found.keys() <= known.keys()
    for name, value in found.items():
        if isinstance(known[name], set):
            assert value in known[name], name
        elif known[name] is float:
            assert isinstance(value, int | float) and not isinstance(value, bool), name
        else:
            assert isinstance(value, known[name]), name
