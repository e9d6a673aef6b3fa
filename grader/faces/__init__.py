"""What people and other programs see; no face knows another."""
