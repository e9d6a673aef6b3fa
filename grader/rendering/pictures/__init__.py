"""Pictures of grading.verdicts.pictures as inline SVG."""
