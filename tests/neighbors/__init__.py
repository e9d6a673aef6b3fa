"""Honest submissions beside the worst ones: they get full marks, however busy the machine is."""
