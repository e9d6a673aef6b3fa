"""Decide: verdicts on checks (`verdicts`), the run that makes and keeps them (`runs`), final scores (`policy`)."""
