"""`grader watch`: its event loop, page, keys and file watcher; it runs the checks in a warm worker."""
