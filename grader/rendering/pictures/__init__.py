"""Draw the pictures of grading.verdicts.pictures as inline SVG."""
