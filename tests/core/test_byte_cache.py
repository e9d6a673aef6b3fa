"""A cache with a limit in bytes keeps what was used last, and nothing that would displace much else."""

from concurrent.futures import ThreadPoolExecutor

from grader.core.byte_cache import LARGEST_SHARE, ByteCache, cached_in_bytes, text_size

LIMIT = 1600


def test_the_least_recently_used_values_are_dropped_at_the_limit():
    cache = ByteCache(LIMIT)
    for number in range(16):
        cache.put(number, str(number), 100)
    assert cache.get(0) == "0"
    cache.put(16, "16", 50)
    assert (cache.get(0), cache.get(1), cache.get(16)) == ("0", None, "16")
    assert cache.size == 1550


def test_a_value_that_takes_a_large_part_of_the_limit_is_not_stored():
    cache = ByteCache(LIMIT)
    assert cache.put("large", "value", LIMIT // LARGEST_SHARE + 1) == "value"
    assert (cache.get("large"), cache.size, len(cache)) == (None, 0, 0)


def test_threads_that_decode_the_same_bytes_get_one_object():
    cache = ByteCache(LIMIT)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: cache.put("key", object(), 8), range(200)))
    assert all(one is found[0] for one in found)
    assert cache.size == 8


def test_a_function_runs_once_for_equal_arguments_and_again_after_its_result_was_dropped():
    runs = []

    @cached_in_bytes(LIMIT, text_size)
    def shout(text, times):
        runs.append(text[:1])
        return text.upper() * times if times else None

    assert [shout("a" * 20, 3), shout("a" * 20, 3), shout("b" * 90, 1)] == ["A" * 60, "A" * 60, "B" * 90]
    assert runs == ["a", "b"]
    for number in range(20):
        shout(f"{number:040}", 1)
    shout("a" * 20, 3)
    assert runs[-1] == "a"
    assert shout("none", 0) is None
