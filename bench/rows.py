"""The table: what is measured, against what, and what was asked for.

A paired row runs limier and its peers in turn and gives the ratio of each round's CPU and wall time. `least` says that the
ratio is theirs ÷ ours and must be at least the bound; otherwise it is ours ÷ theirs and must be at most the bound.
"""
import statistics
from dataclasses import dataclass, field
from typing import Optional

from runs import Run


@dataclass
class Bound:
    must: Optional[float] = None
    goal: Optional[float] = None
    least: bool = False

    def verdict(self, value):
        if self.must is None:
            return ""
        met = (lambda bound: value >= bound) if self.least else (lambda bound: value <= bound)
        return "goal" if met(self.goal) else "must" if met(self.must) else "MISSED"

    def __str__(self):
        sign = "≥" if self.least else "≤"
        return "" if self.must is None else f"{sign} {self.must:g}, {self.goal:g}"


@dataclass
class Line:
    """A finished line of the table."""

    name: str
    value: str
    bound: str = ""
    verdict: str = ""
    wall: str = ""
    wall_bound: str = ""
    wall_verdict: str = ""
    note: str = ""

    @property
    def missed(self):
        return "MISSED" in (self.verdict, self.wall_verdict)

    def markdown(self):
        cells = [self.name, self.value, self.bound, self.verdict, self.wall, self.wall_bound, self.wall_verdict, self.note]
        return "| " + " | ".join(cell.replace("MISSED", "**missed**") for cell in cells) + " |"


HEADER = "| measured | CPU | must, goal | | wall | must, goal | | CPU s, wall s: limier; others |\n|---|---|---|---|---|---|---|---|"


@dataclass
class Paired:
    name: str
    ours: str
    others: list
    least: bool
    cpu: Bound = field(default_factory=Bound)
    wall: Bound = field(default_factory=Bound)
    rounds: Optional[int] = None  # fewer than asked for, where one round takes minutes
    peak_bytes: int = 0

    def measure(self, rounds):
        rounds = min(rounds, self.rounds or rounds)
        commands = [self.ours, *self.others]
        for command in commands if rounds > 1 else []:
            Run(command, watch_memory=False)
        taken = []
        for _ in range(rounds):
            runs = [Run(command) for command in commands]
            self.peak_bytes = max(self.peak_bytes, runs[0].peak_bytes)
            taken.append((runs[0].cpu, runs[0].wall, sum(run.cpu for run in runs[1:]), sum(run.wall for run in runs[1:])))
        cpu = statistics.median(their / our if self.least else our / their for our, _, their, _ in taken)
        wall = statistics.median(their / our if self.least else our / their for _, our, _, their in taken)
        medians = [statistics.median(column) for column in zip(*taken)]
        return Line(
            self.name,
            f"{cpu:.2f}",
            str(self.cpu),
            self.cpu.verdict(cpu),
            f"{wall:.2f}",
            str(self.wall),
            self.wall.verdict(wall),
            f"{medians[0]:.2f}, {medians[1]:.2f}; {medians[2]:.2f}, {medians[3]:.2f}",
        )


def least(must, goal):
    return Bound(must, goal, True)


def most(must, goal):
    return Bound(must, goal, False)
