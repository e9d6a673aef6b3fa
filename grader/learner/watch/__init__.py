"""`grader watch`: its event loop, page, keys and file watcher. `learner.warm_worker` runs the checks."""
