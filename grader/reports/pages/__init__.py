"""The class page and a page for each student: self-contained HTML files that work offline."""
