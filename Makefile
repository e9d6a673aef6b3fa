# Two commands on a fresh machine: `make demo` and `make test`. Both make .venv themselves.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Empty, so that Python keeps what it compiles, whatever the environment says: each of hundreds of processes would compile it again.
export PYTHONDONTWRITEBYTECODE :=

# The errors that are raised with a text for people: `make translations` looks for their words, too.
ERRORS := GraderError UsageError JournalError ClusterError FolderInUseError

.PHONY: demo docs test faults fuzz neighbors lint sync-check doctor quick-doctor bench bench-savings costs record captures site-captures limits translations translation-marks release-check lower-bounds clean

# torch first and by itself: with it installed, whatever depends on it takes no other build. compileall uses all cores,
# pip one; it ends with 1, because a few files of packages are templates or for other versions of Python.
$(BIN)/.ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-compile --constraint constraints.txt "$$(grep '^torch==' constraints.txt)"
	$(BIN)/pip install --quiet --no-compile --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m compileall -qq -j 0 .venv || true
	touch $@

SANDBOX ?= auto

demo: $(BIN)/.ready  ## make a class of 30, grade it, say where the results are
	rm -rf demo
	$(BIN)/grader demo demo/submissions --students 30 --sandbox $(SANDBOX)
	$(BIN)/grader grade demo/submissions --roster demo/submissions-roster.csv --policy demo/submissions-policy.toml \
	  --out demo/results --sandbox $(SANDBOX) || test $$? -eq 1 || { echo "To run the demo without a safe sandbox: make demo SANDBOX=none"; false; }
	@echo "demo/results/index.html   open it: what needs review, scores, misconceptions, and a page for each student"
	@echo "demo/results/grades.csv   the grades, one row for each student"
	@echo "Why a student got a score: $(BIN)/grader show \"Emmy Noether\" --results demo/results"

lint: $(BIN)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/typos
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

sync-check: $(BIN)/.ready
	$(BIN)/grader sync --check

doctor: $(BIN)/.ready  ## prove the course with ten seeds and all mutants; `make test` does it with three seeds
	$(BIN)/grader doctor

quick-doctor: $(BIN)/.ready  ## with --generated it also does what sync-check does, and runs each known mistake once for both
	$(BIN)/grader doctor --seeds 3 --no-mutants --generated

# These checks run at the same time, since each has parts that use one core; make 4 keeps their outputs apart.
# Files of tests begin in the order of conftest.py: xdist's own order would begin the longest ones, which hold few tests, last.
test: $(BIN)/.ready  ## everything that CI runs
	$(MAKE) --no-print-directory --jobs 3 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) quick-doctor lint docs
	$(BIN)/pytest tests --numprocesses 2 --dist loadfile --no-loadscope-reorder

faults: $(BIN)/.ready  ## kill the grader, cut the power, fill the disk at every write; `make test` tries a few
	$(BIN)/python -m tests.faults

FUZZ ?= --seconds 3600
fuzz: $(BIN)/.ready  ## search the readers of strangers' data for failures, an hour each: make fuzz FUZZ="roster --seconds 60 -j 4"
	$(BIN)/pip install --quiet 'atheris>=3'
	$(BIN)/python -m tests.fuzz $(FUZZ)

neighbors: $(BIN)/.ready  ## honest submissions beside a hundred of the worst, ten times, on a busy machine
	$(BIN)/python -m tests.neighbors

bench: $(BIN)/.ready  ## grading against one pytest process per submission, as a ratio in one run
	$(BIN)/python -m tests.bench

captures: $(BIN)/.ready  ## what a learner sees of one wrong answer, and the pages of a class, into docs/captures
	$(BIN)/python -m tests.captures docs/captures

site-captures: docs  ## what the site looks like, wide, dark and on a phone, into build/site-captures; look at each picture
	$(BIN)/python -m tests.site_captures docs/_build/html build/site-captures

bench-savings: $(BIN)/.ready  ## what the compiler's placeholder and huge pages save; fails when one no longer pays
	$(BIN)/python -m tests.bench.savings

costs: $(BIN)/.ready  ## count anew what grading a fixed class costs; `make test` compares with these counts
	$(BIN)/python -m tests.costs tests/costs.json

record: $(BIN)/.ready  ## record the whole output into a new folder: make record OUT=folder
	$(BIN)/python -m tests.record $(OUT)

docs: $(BIN)/.ready  ## build the site of the documents into docs/_build; warnings and broken links are errors
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --builder html docs docs/_build/html

limits: $(BIN)/.ready  ## list every limit and default of the code in docs/reference/limits.md
	$(BIN)/python -m tests.limits docs/reference/limits.md

translations: $(BIN)/.ready  ## after a change of the grader's own words: translate what is empty in the .po, then again
	mkdir -p build
	PYTHONPATH=. $(BIN)/pybabel -q extract -F pyproject.toml --no-default-keywords -k tr -k _ $(ERRORS:%=-k %) --add-location=file --sort-by-file \
		--project=autograded --version=0 --width=120 -o build/grader.pot .
	$(BIN)/pybabel -q update --ignore-obsolete --no-fuzzy-matching --ignore-pot-creation-date --width=120 \
		-D grader -l zh_CN -i build/grader.pot -d grader/locale
	$(BIN)/pybabel -q compile --statistics -D grader -d grader/locale

translation-marks: $(BIN)/.ready  ## after you updated a Chinese document: record the English text that it was translated from
	$(BIN)/python -m tests.translation_marks

release-check: $(BIN)/.ready  ## build wheel and source distribution, try both, compare what they hold; uploads nothing
	$(BIN)/pip install --quiet build twine
	$(BIN)/python -m tests.release

lower-bounds: $(BIN)/.ready  ## try the oldest version of each direct dependency that pyproject.toml allows
	$(BIN)/pip install --quiet uv
	$(BIN)/python -m tests.release.lower_bounds

clean:
	rm -rf .venv demo
