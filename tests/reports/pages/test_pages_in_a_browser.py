"""Open pages in a real browser: a class page of 1,000 students; use by mouse and keyboard, on a phone, in print."""

import base64
import re

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from grader.grading.verdicts.entry import Attachments
from grader.grading.verdicts.pictures import Curve
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.pages.page_files import write_pages
from grader.submissions.submission import SubmissionMetadata
from tests.browser import complaints, look_as, requested
from tests.tools import WRONG_SUM
from tests.tools import final_result as settled

pytestmark = pytest.mark.long

STUDENTS = 1000
NAMES = ("Ada Lovelace", "王小明", "José Núñez", "Zoë Öz", "<b>Bobby</b>")
MISTAKE = "descend__wrong_sign"
ROWS = "#students tbody tr"
COLORS = """
  const { width, height } = arguments[0], seen = new Set();
  const { data } = arguments[0].getContext("2d").getImageData(0, 0, width, height);
  for (let i = 0; i < data.length; i += 4) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
  return seen.size;
"""
"""Script that counts the colors of a canvas."""


def final_result(number, mistakes):
    """Result of student `number`: the first hundred pass everything; of the others, every tenth has a known mistake."""
    student = f"s{number:04}"
    good = FunctionRecord(
        student,
        "ex1_small",
        "mean_square",
        3.0,
        3.0,
        "passed",
        [],
        [CheckRecord("any_shape", "A claim.", True, 3.0, 3.0, "")],
        "ex1_small.py",
        0.1,
    )
    share = 2.0 if number < 100 else number % 20 / 10
    known = mistakes if number >= 100 and number % 10 == 0 else []
    text = "\n".join(["p after step 1: yours 2, expected 1\nline 25: x", *(m.hint.in_("en") for m in known)])
    check = CheckRecord(
        "ends_there", "It ends where it should.", share == 2.0, share, 2.0, "" if share == 2.0 else text
    )
    outcome = "passed" if share == 2.0 else "failed"
    ids = [mistake.id for mistake in known]
    other = FunctionRecord(student, "ex1_small", "descend", share, 2.0, outcome, ids, [check], "ex1_small.py", 0.1)
    review = "look at the folder" if number == 7 else ""
    return settled(student, (good, other), review, SubmissionMetadata(late=number % 50 == 0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, library):
    folder = tmp_path_factory.mktemp("thousand")
    mistakes = [m for m in library.mistakes.values() if m.function == "descend"][:1]
    people = {f"s{n:04}": {"name": f"{NAMES[n % len(NAMES)]} {n}", "late": n % 50 == 0} for n in range(STUDENTS)}
    run = {"seed": 7, "sandbox": "full", "versions": {"torch": "2"}, "people": people, "policy": {"hidden": "full"}}
    curve = Curve("p", (1, 2, 3), (1.0, 2.0, 4.0), (1.0, 1.5, 1.6), 1)
    attachments = {"descend": Attachments(WRONG_SUM, {"ends_there": curve})}
    everybody = (final_result(number, mistakes) for number in range(STUDENTS))
    write_pages(folder, everybody, library, run, "en", lambda one: attachments if one.student == "s0110" else {})
    return folder


CALL = "x = torch.tensor([1.0, -2.0])\nmean_square(x)"


def test_a_button_copies_the_call_of_a_failed_check_as_code(browser, library, tmp_path):
    check = CheckRecord("any_shape", "A claim.", False, 0.0, 3.0, "mean: returned 2, expected 1", CALL)
    record = FunctionRecord("ada", "ex1_small", "mean_square", 0.0, 3.0, "failed", [], [check], "ex1_small.py", 0.1)
    write_pages(tmp_path, [settled("ada", (record,))], library, {"seed": 7, "policy": {"hidden": "full"}}, "en")
    (page,) = (tmp_path / "students").iterdir()
    browser.get(page.as_uri())
    button = browser.find_element(By.CSS_SELECTOR, "button.copy")
    assert button.text == "copy as code"
    button.click()
    WebDriverWait(browser, 10).until(lambda _: button.text == "copied")
    field = "document.body.prepend(Object.assign(document.createElement('textarea'), {id: 'field'}))"
    browser.execute_script(field)
    area = browser.find_element(By.ID, "field")
    area.send_keys(Keys.CONTROL, "v")
    assert area.get_attribute("value").strip() == CALL
    assert not complaints(browser)


@pytest.fixture
def page(browser, folder):
    """The class page, opened in a wide window."""
    look_as(browser)
    requested(browser)
    browser.get((folder / "index.html").as_uri())
    yield browser
    assert complaints(browser) == []
    assert not [url for url in requested(browser) if not url.startswith(("file:", "data:"))]


def rows(page, column=1):
    """Return the cells of one column in the rows shown; column 1 is the student."""
    return page.execute_script(
        f"return [...document.querySelectorAll('{ROWS}')].map(row => row.cells[{column - 1}].innerText)"
    )


def said(page):
    return page.find_element(By.ID, "found").text


def head(page, text):
    return next(b for b in page.find_elements(By.CSS_SELECTOR, "#students thead button") if b.text == text)


def test_of_a_thousand_students_fifty_rows_are_drawn_and_the_page_stays_small(page):
    assert len(rows(page)) == 50
    assert said(page).startswith("1 to 50 of 1000 students (class: 1000)")
    assert page.execute_script("return document.querySelectorAll('*').length") < 2500
    assert page.execute_script("return document.documentElement.outerHTML.length") < 400_000


def test_the_pages_follow_one_another_and_every_student_is_on_one(page):
    Select(page.find_element(By.ID, "size")).select_by_visible_text("200")
    seen = rows(page)
    while page.find_element(By.ID, "next").is_enabled():
        page.find_element(By.ID, "next").send_keys(Keys.ENTER)
        seen += rows(page)
    assert len(seen) == len(set(seen)) == STUDENTS
    assert said(page).startswith("801 to 1000 of 1000")


def test_search_takes_name_or_id_without_case_and_accents_and_says_what_it_found(page):
    field = page.find_element(By.ID, "search")
    field.send_keys("nunez 99")
    assert rows(page) == [f"José Núñez {n}s{n:04}" for n in (992, 997)]
    assert said(page).startswith("1 to 2 of 2 students")
    assert page.find_element(By.ID, "found").get_attribute("aria-live") == "polite"
    field.clear()
    field.send_keys("S0042")
    assert rows(page) == ["José Núñez 42s0042"]
    field.send_keys("x")
    assert rows(page) == [] and said(page) == "No student matches."


def test_sorting_works_from_the_keyboard_and_is_announced(page):
    head(page, "points").send_keys(Keys.ENTER)
    assert rows(page, 2)[0] == "5 / 5" and "sorted by points, descending" in said(page)
    head(page, "points").send_keys(Keys.SPACE)
    assert rows(page, 2)[0] == "3 / 5" and "sorted by points, ascending" in said(page)
    sorts = [h.get_attribute("aria-sort") for h in page.find_elements(By.CSS_SELECTOR, "#students thead th")]
    assert sorts == [None, "ascending", None, None, None, None]
    head(page, "descend").send_keys(Keys.ENTER)
    assert "sorted by descend, ascending" in said(page) and rows(page, 6)[0].split() == ["✗", "failed"]


def test_the_keyboard_alone_reaches_search_the_heads_and_the_links(page):
    page.execute_script("document.getElementById('search').focus()")
    reached = []
    for _ in range(16):
        page.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(page.execute_script("return document.activeElement.innerText || document.activeElement.id"))
    assert {"50", "points", "mean_square"} <= {text.split("\n")[0] for text in reached}
    assert any(text.startswith("José Núñez 7") for text in reached)


def test_a_filter_shows_who_did_what_and_can_be_taken_away(page):
    page.find_element(By.CSS_SELECTOR, '.mistake [data-filter^="mistake:descend"]').send_keys(Keys.ENTER)
    assert said(page).startswith("1 to 50 of 90 students")
    page.find_element(By.ID, "clear").send_keys(Keys.ENTER)
    assert said(page).startswith("1 to 50 of 1000")
    page.find_element(By.CSS_SELECTOR, '.need [data-filter="need:score"]').send_keys(Keys.ENTER)
    assert len(rows(page)) == 1 and rows(page, 4) == ["needs review"]
    page.find_element(By.CSS_SELECTOR, '.chart [data-filter="bin:9"]').click()
    assert said(page).startswith("1 to 50 of 325 students")  # 4.5 points of 5 or more
    page.find_element(By.CSS_SELECTOR, '[data-filter="kind:descend:wrong"]').click()
    assert said(page).startswith("1 to 45 of 45")


def test_students_who_need_review_come_first_then_late_students(page):
    assert rows(page)[0].endswith("s0007") and rows(page, 4)[0] == "needs review"
    assert set(rows(page, 4)[1:21]) == {"graded late"} and rows(page, 4)[21] == "graded"


def test_a_bar_can_be_chosen_from_the_keyboard_in_the_table_below(page):
    page.find_element(By.CSS_SELECTOR, "#scores summary").send_keys(Keys.ENTER)
    page.find_element(By.CSS_SELECTOR, '#totals-table [data-filter="bin:9"]').send_keys(Keys.ENTER)
    assert said(page).startswith("1 to 50 of 325 students")


def test_a_name_links_to_the_page_of_the_student(page):
    page.find_element(By.ID, "search").send_keys("s0110")
    page.find_element(By.CSS_SELECTOR, f"{ROWS} a").send_keys(Keys.ENTER)
    assert page.find_element(By.TAG_NAME, "h1").text == "Ada Lovelace 110 s0110"


def test_a_click_on_the_picture_of_the_class_shows_the_students_there(page):
    canvas = page.find_element(By.CSS_SELECTOR, "#overview canvas")
    assert canvas.get_attribute("aria-label").startswith("Overview of the class: 300 of 1000 students")
    assert page.execute_script(COLORS, canvas) > 2
    canvas.click()  # in the middle
    assert "sorted by points, descending" in said(page) and said(page).startswith("501 to 550")


FAINT = """
  const value = (part) => part <= 10 ? part / 3294.6 : ((part / 255 + .055) / 1.055) ** 2.4;
  const light = (color) => {
    const [red, green, blue] = color.match(/[\\d.]+/g).map((part) => value(Number(part)));
    return .2126 * red + .7152 * green + .0722 * blue;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (!color.endsWith(", 0)")) return color;
    }
  };
  const ratio = (element) => {
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    return (a + .05) / (b + .05);
  };
  return [...document.querySelectorAll("h1, p, td, th, a, code, button, .tag, pre, summary, .quiet, dd")]
    .filter((one) => one.checkVisibility() && one.innerText.trim() && ratio(one) < 4.5)
    .map((one) => one.outerHTML.slice(0, 90)).slice(0, 5);
"""
"""Script that returns the elements with less contrast than WCAG demands."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_light_and_in_dark(page, folder, scheme):
    look_as(page, scheme=scheme)
    dark = page.execute_script("return getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    for path in (folder / "index.html", one_student(folder)):
        page.get(path.as_uri())
        assert page.execute_script(FAINT) == [], f"too little contrast on {path.name}"


def one_student(folder):
    """The page of the student with a picture and code."""
    return next(path for path in (folder / "students").iterdir() if "<svg" in path.read_text("utf-8"))


def test_the_table_of_functions_shows_its_last_column_on_a_tablet(page):
    look_as(page, width=700)
    table = page.find_element(By.CSS_SELECTOR, "#functions")
    wide, seen = page.execute_script("return [arguments[0].scrollWidth, arguments[0].parentNode.clientWidth]", table)
    assert wide <= seen


def test_on_a_phone_no_page_is_wider_than_the_screen(page, folder):
    look_as(page, width=360, height=700)
    for path in (folder / "index.html", one_student(folder)):
        page.get(path.as_uri())
        assert page.execute_script("return document.documentElement.scrollWidth") <= 360
        assert page.execute_script("return innerWidth") == 360


def test_a_printed_page_lists_everybody_and_leaves_out_controls(page):
    pdf = base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 10  # a thousand rows
    assert len(rows(page)) == 50, "on the screen all is as before"
    look_as(page, media="print")
    assert not page.find_element(By.ID, "tools").is_displayed()


def test_the_code_of_a_claim_has_the_numbers_of_its_lines_and_the_picture_its_words(page, folder):
    page.get(one_student(folder).as_uri())
    numbers, code = page.find_elements(By.CSS_SELECTOR, "#descend .yours pre")[:2]
    first = int(numbers.text.split("\n")[0])
    assert WRONG_SUM.split("\n")[first - 1] == code.text.split("\n")[0] and code.text.startswith("def descend")
    assert len(numbers.text.split("\n")) == len(
        page.execute_script("return arguments[0].textContent", code).split("\n")
    )
    here = page.find_element(By.CSS_SELECTOR, "#descend .yours pre.here:not(.numbers)")
    assert here.text.strip() == WRONG_SUM.split("\n")[24].strip()
    picture = page.find_element(By.CSS_SELECTOR, "#descend figure svg")
    assert picture.size["width"] > 100 and page.find_element(By.CSS_SELECTOR, "#descend figcaption").text
