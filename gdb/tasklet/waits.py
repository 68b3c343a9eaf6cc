# SPDX-License-Identifier: MIT
"""Deadlocks: verdicts, their members in order, and who is stuck behind them.

As the process stands still, what is seen once held at one instant: no second look is needed.
"""

import collections

from . import describe, wait_graph
from .text import plural
from .wait_graph import ACTS, CERTAIN, HOLDER, LIKELY, MAYBE

NAMES = {CERTAIN: 'certain', LIKELY: 'likely', MAYBE: 'maybe'}


class Verdict:
    """members by level: certain and likely, a shortest cycle through the lowest id first (each
    waits for the next, the last for the first), then other known users without whom it would not
    be closed; maybe, all that wait on one side of `object`, in order of arrival."""

    def __init__(self, level, members, cycle_count, obj=None):
        self.level, self.members, self.cycle_count, self.object = level, members, cycle_count, obj
        self.behind = []    # nearest first

    def headline(self, snapshot):
        count = plural(len(self.members), 'tasklet')
        if self.level == MAYBE:
            return '%s on %s, and nobody is known who could wake %s' % (
                count, describe.object_title(snapshot, self.object),
                'it' if len(self.members) == 1 else 'them')
        return '%s wait for each other' % count if len(self.members) > 1 else \
            '1 tasklet waits for itself'


def find(snapshot):
    """Every Verdict, the surest first, then the one held longest."""
    if not snapshot.has_wakes:
        return []
    graph = wait_graph.Graph(snapshot)
    behind_of = _turned_round(graph)
    verdicts, at = [], {}       # at: of a node, the verdict that it belongs to
    for level, nodes in graph.roots:
        if level == MAYBE:
            verdict = _orphans(snapshot, nodes[0], behind_of)
        else:
            verdict = _knot(graph, level, nodes)
        if verdict is not None:
            verdicts.append(verdict)
            at.update((node, verdict) for node in nodes)
            at.update((task.slot, verdict) for task in verdict.members)
    _spread(snapshot, at, behind_of)
    verdicts.sort(key=lambda verdict: (verdict.level, max(task.since or 0
                                                          for task in verdict.members),
                                       verdict.members[0].slot))
    return verdicts


def _turned_round(graph):
    """The edges that carry a verdict, turned round: who is as surely stuck, and behind."""
    behind_of = collections.defaultdict(list)
    for node in graph.nodes():
        for following in graph.successors(node):
            if graph.level[node] == graph.level[following] != ACTS:
                behind_of[following].append(node)
    for waiters in behind_of.values():
        waiters.sort(key=wait_graph.rank)
    return behind_of


def _orphans(snapshot, node, behind_of):
    """All that wait on one side of an object which nobody is known to serve."""
    members = [snapshot.task_at[slot] for slot in behind_of[node]]
    members.sort(key=lambda task: (task.ticket or 0, task.id))
    return Verdict(MAYBE, members, 0, node.object) if members else None


def _knot(graph, level, nodes):
    tasks = sorted((graph.snapshot.task_at[node] for node in nodes if isinstance(node, int)),
                   key=lambda task: task.id)
    cycle = _shortest_cycle(graph, tasks[0].slot)
    inside = set(cycle)
    members = [graph.snapshot.task_at[slot] for slot in cycle]
    members += [task for task in tasks if task.slot not in inside]
    return Verdict(level, members, len(cycle))


def _shortest_cycle(graph, start):
    """The slots on a shortest cycle from `start` back to it, within its component."""
    before, queue = {}, collections.deque([start])
    while queue:        # ends: in a component, every node leads back to the start
        node = queue.popleft()
        for following in graph.successors(node):
            if following is start or following == start:
                path = []
                while node != start:
                    path.append(node)
                    node = before[node]
                return [start] + [node for node in reversed(path) if isinstance(node, int)]
            if graph.component[following] is graph.component[start] and following not in before:
                before[following] = node
                queue.append(following)
    return [start]


def _spread(snapshot, at, behind_of):
    """Breadth first from all members at once: who waits behind them, each reached once."""
    queue = collections.deque(sorted(at, key=wait_graph.rank))
    while queue:
        node = queue.popleft()
        for waiter in behind_of.get(node, ()):
            if waiter not in at:
                at[waiter] = at[node]
                queue.append(waiter)
                if isinstance(waiter, int):
                    at[node].behind.append(snapshot.task_at[waiter])


def reason(snapshot, task):
    """One edge in words: "lock db, held by 57 index", "send jobs (full): known receivers 63"."""
    words = describe.bare_wait(snapshot, task)
    found = wait_graph.side_of(snapshot, task)
    if found is None:
        return words
    side = wait_graph.Side(snapshot, *found)
    if side.kind == HOLDER:
        return '%s, %s' % (words, describe.holder_note(snapshot, side.object)
                           or 'being handed over')
    users = [describe.label(snapshot, snapshot.task_at[slot]) for slot in side.users]
    more = wait_graph.has_more_users(side.object, side.kind)
    if not users:
        return words + ': no known live %s%s' % (side.kind,
                                                 ', but others have used it' if more else '')
    return words + ': known %s%s %s%s' % (side.kind, '' if len(users) == 1 else 's',
                                          ', '.join(users), ' and others' if more else '')
