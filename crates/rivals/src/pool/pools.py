"""Python's pools, measured: reads lines "WORK ITEMS", answers seconds (or bytes) a line."""

import concurrent.futures
import multiprocessing
import sys
import time


def same(number):
    return number


def look_at(data):
    return sum(data[::4096])


class Pool:
    """multiprocessing.Pool"""

    def __init__(self, workers):
        self.pool = multiprocessing.Pool(workers)
        self.call = lambda task, argument: self.pool.apply(task, (argument,))

    def map(self, numbers):
        return self.pool.map(same, numbers)

    def resident(self):
        with open(f"/proc/{self.pool._pool[0].pid}/statm") as statm:
            return int(statm.read().split()[1]) * 4096

    def end(self):
        self.pool.terminate()
        self.pool.join()


class ProcessPoolExecutor:
    """concurrent.futures.ProcessPoolExecutor"""

    def __init__(self, workers):
        self.pool = concurrent.futures.ProcessPoolExecutor(workers)
        self.call = lambda task, argument: self.pool.submit(task, argument).result()

    def single(self, numbers):
        futures = [self.pool.submit(same, number) for number in numbers]
        return [future.result() for future in futures]

    def end(self):
        self.pool.shutdown()


def measure(kind, pools, work, items):
    workers = {"round_trips": 1, "payload": 1}.get(work, 2)
    if work == "starts":
        seconds = 0
        for number in range(items):
            begun = time.perf_counter()
            pool = kind(4)
            assert pool.call(same, number) == number
            seconds += time.perf_counter() - begun
            pool.end()
        return seconds
    if workers not in pools:
        pools[workers] = kind(workers)
        pools[workers].call(same, 0)
    pool = pools[workers]
    if work == "resident":
        return pool.resident()
    data = bytes([3]) * (64 << 20) if work == "payload" else None
    begun = time.perf_counter()
    if work == "round_trips":
        for number in range(items):
            assert pool.call(same, number) == number
    elif work == "single_tasks":
        assert sum(pool.single(range(items))) == items * (items - 1) // 2
    elif work == "map":
        assert sum(pool.map(range(items))) == items * (items - 1) // 2
    elif work == "payload":
        for _ in range(items):
            assert pool.call(look_at, data) == 3 * (64 << 20) // 4096
    return time.perf_counter() - begun


def main():
    kind, pools = {"Pool": Pool, "ProcessPoolExecutor": ProcessPoolExecutor}[sys.argv[1]], {}
    for line in sys.stdin:
        work, items = line.split()
        print(measure(kind, pools, work, int(items)), flush=True)
    for pool in pools.values():
        pool.end()


if __name__ == "__main__":
    main()
