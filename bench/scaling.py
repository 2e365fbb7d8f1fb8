#!/usr/bin/env python3
"""How the sweep's stages scale: simulates its pipeline on 1 to 16 threads from what each stage was measured to cost.

  bench/scaling.py CASE_FOLDER...     (folders of `limier triage` or the output of --profile quick; markdown on stdout)

The audit log of a run says what every stage cost in CPU time and how many batches it handled. The simulation follows
src/sweep/pipeline.cpp: a batch is decoded by whoever is free; then every chain takes the batches in order, one at a time;
a free thread takes media digests first, then the chain of files that is furthest behind, then a new batch; the number of
batches in flight is fixed. It knows no memory bandwidth and no hyper-threads, so it is an upper bound; the lower bound is
the longest chain, which no number of threads makes shorter.
"""
import heapq
import pathlib
import sys

sys.dont_write_bytecode = True
import tools

THREADS = (1, 2, 3, 4, 6, 8, 12, 16)


def stage_costs(folder):
    """Stage: (CPU seconds, batches)."""
    entry = tools.audit(folder, "sweep-measured")
    costs = {}
    for name, text in entry.items():
        if isinstance(text, str) and "cpu_us=" in text:
            spent = tools.measures(text)
            costs[name] = (spent["cpu_us"] / 1e6, spent["tasks"])
    return costs


class Chain:
    def __init__(self, cost, batches, handled):
        self.next = 0
        self.busy = False
        # The batches a chain has work in are spread evenly; the others it passes at no cost.
        self.costs = [0.0] * batches
        handled = min(handled, batches)
        for i in range(handled):
            self.costs[i * batches // handled] = cost / handled


def simulate(costs, threads):
    """Wall seconds of the sweep, and the most batches that were in flight."""
    batches = costs["decode"][1]
    decode = costs["decode"][0] / batches
    media = [Chain(cost, batches, tasks) for name, (cost, tasks) in costs.items() if name.startswith("media") and tasks]
    files = [Chain(cost, batches, tasks) for name, (cost, tasks) in costs.items() if name.startswith("files") and tasks]
    slots = 6 + 2 * threads
    decoded = [False] * batches
    left = [len(media) + len(files)] * batches
    retired = next_decode = in_flight = 0
    running, now, free, count = [], 0.0, threads, 0

    def passed(batch):
        left[batch] -= 1

    def take():
        nonlocal next_decode
        for group in (media, files):
            best = None
            for chain in group:
                if chain.busy:
                    continue
                while chain.next < batches and decoded[chain.next] and chain.costs[chain.next] == 0:
                    passed(chain.next)
                    chain.next += 1
                if chain.next < batches and decoded[chain.next] and (best is None or chain.next < best.next):
                    best = chain
            if best is not None:
                best.busy = True
                return best, best.next, best.costs[best.next]
        if next_decode < min(batches, retired + slots):
            next_decode += 1
            return None, next_decode - 1, decode
        return None

    while retired < batches:
        while free > 0 and (task := take()) is not None:
            free -= 1
            count += 1
            heapq.heappush(running, (now + task[2], count, task[0], task[1]))
        in_flight = max(in_flight, next_decode - retired)
        if running:
            now, _, chain, batch = heapq.heappop(running)
            free += 1
            if chain is None:
                decoded[batch] = True
            else:
                chain.busy = False
                chain.next += 1
                passed(batch)
        while retired < batches and decoded[retired] and left[retired] == 0:
            retired += 1
    return now, in_flight


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for folder in map(pathlib.Path, sys.argv[1:]):
        costs = stage_costs(folder)
        total = sum(cost for name, (cost, _) in costs.items() if name != "plan")
        floor = max(cost for name, (cost, _) in costs.items() if name.startswith(("media", "files")))
        print(f"{folder.name}: {total:.2f} CPU s in the sweep, of which " +
              ", ".join(f"{name} {cost:.2f}" for name, (cost, _) in costs.items()) + f"; longest chain {floor:.2f} s\n")
        print("| threads | sweep, s | faster than one thread | of the longest chain's speed | batches in flight, at most |")
        print("|---|---|---|---|---|")
        single, _ = simulate(costs, 1)
        for threads in THREADS:
            wall, in_flight = simulate(costs, threads)
            print(f"| {threads} | {wall:.2f} | {single / wall:.2f} × | {floor / wall:.0%} | {in_flight} of {6 + 2 * threads} |")
        print()


if __name__ == "__main__":
    main()
