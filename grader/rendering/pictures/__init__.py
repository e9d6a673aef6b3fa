"""Drawing of the pictures of a failed check (`grading.verdicts.pictures`) as inline SVG."""
