#!/usr/bin/env bash
# PrairieLearn starts this script for every submission. It writes results/results.json even if the grader fails.
root="${GRADE_ROOT:-/grade}"
source="${AUTOGRADER_SOURCE:-/autograder/source}"
results="$root/results/results.json"
python="${AUTOGRADER_PYTHON:-$source/.venv/bin/python}"

mkdir -p "$root/results"
rm -f "$results"
cd "$source" || echo "Folder not found: $source"
"$python" -m grader.cli.autograder prairielearn "$root"
status=$?

if [ ! -s "$results" ]; then
  echo "{\"gradable\": false, \"message\": \"For the staff: the grader ended with exit code $status and wrote no result. This attempt is not counted.\"}" >"$results"
fi
exit 0
