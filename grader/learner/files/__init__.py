"""The files of a learner: where each function is defined, and fingerprints of all that its checks depend on."""
