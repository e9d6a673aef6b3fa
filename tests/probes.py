"""Experiments on any callable; tests use them to observe how experiments are run."""

import torch


def value_of_first(first, given):
    """Return the value that `first` returns."""
    return {"value": first()}


def value_of_second(second, given):
    """Return the value that `second` returns."""
    return {"value": second()}


def again_first(first, given):
    """Return the value that `first` returns. This is a second experiment on `first`."""
    return {"value": first()}


def first_on_tensor(first, given):
    """Return what `first` does with a watched tensor."""
    return {"value": first(given.tensor("x", 3))}


def sum_of_what_first_returns(first, given):
    """Compute with the value that `first` returns, as experiments do."""
    return {"sum": first().sum()}


def state_before_second(second, given):
    """Return the global state before `second` runs, which other functions may have changed."""
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
