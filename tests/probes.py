"""Experiments on anything that can be called: they let a test look at what the run layer does with it."""

import torch


def value_of_first(first, given):
    """What `first` returns."""
    return {"value": first()}


def value_of_second(second, given):
    """What `second` returns."""
    return {"value": second()}


def again_first(first, given):
    """What `first` returns in another experiment."""
    return {"value": first()}


def first_on_tensor(first, given):
    """What `first` does with a watched tensor."""
    return {"value": first(given.tensor("x", 3))}


def sum_of_what_first_returns(first, given):
    """Goes on with what `first` returns, as experiments do."""
    return {"sum": first().sum()}


def state_before_second(second, given):
    """The global state that `second` finds: every other function may have switched it."""
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
