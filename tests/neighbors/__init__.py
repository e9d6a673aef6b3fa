"""Test that honest submissions get full marks beside hostile submissions, however busy the machine is."""
