"""The files of a learner: where each function is defined, and fingerprints of the code that its checks depend on."""
