"""Simple experiments on any callable. Tests use them to see how the grader runs experiments."""

import torch


def value_of_first(first, given):
    """Return the value that `first` returns."""
    return {"value": first()}


def value_of_second(second, given):
    """Return the value that `second` returns."""
    return {"value": second()}


def again_first(first, given):
    """Return the value that `first` returns: a second experiment, for tests that need two checks of one function."""
    return {"value": first()}


def first_on_tensor(first, given):
    """Call `first` with a tensor that `given` watches for changes."""
    return {"value": first(given.tensor("x", 3))}


def sum_of_what_first_returns(first, given):
    """Call a method of the value that `first` returns, as many experiments do."""
    return {"sum": first().sum()}


def state_before_second(second, given):
    """Return torch's global state before `second` runs, so that a test sees changes that other functions left."""
    return {
        "grad enabled": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "default dtype": str(torch.get_default_dtype()),
        "default device": str(torch.get_default_device()),
        "anomaly": torch.is_anomaly_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "threads": torch.get_num_threads(),
        "random": torch.rand(3),
        "second": second(),
    }
