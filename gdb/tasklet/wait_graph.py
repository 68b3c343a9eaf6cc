# SPDX-License-Identifier: MIT
"""Who could wake whom, as a graph, and for each of its nodes how surely it is stuck.

The same reasoning as the other tools': docs/design/verdicts.md.  A waiting tasklet leads to the
one that it joins, to the side of the object that could serve it, or, in a run on a thread that
sleeps for good, to the crew of its thread.  A side leads to each known live tasklet on it.

    tasklet -> side of an object -> holder, or each known user -> ...
    tasklet -> tasklet (join)
    tasklet -> crew -> each tasklet of the thread (run)

Who has no path to a node that can act is stuck.  Nodes are slots of tasklets, Sides and Crews.
"""

import collections

from . import snapshot as snapshots
from .snapshot import (ENDED, FREE, LOST, MORE_RECEIVERS, MORE_SENDERS, OBJECT_CHANNEL,
                       OBJECT_MUTEX, PAUSED, READY, RUNNING, SENDING, WAITING, WAIT_DEADLINE,
                       WAIT_ERROR, WAIT_JOIN, WAIT_LOCK, WAIT_RECEIVE, WAIT_RUN)

# Surest first: a node is only as surely stuck as the weakest of those who could wake it.
CERTAIN, LIKELY, MAYBE, ACTS = range(4)

HOLDER, SENDERS, RECEIVERS = 'holder', 'sender', 'receiver'

_FOREVER = (1 << 64) - 1


class Side:
    """Those who could serve a waiter of an object."""

    def __init__(self, snapshot, obj, kind, number=0):
        self.object, self.kind, self.rank = obj, kind, (1, number)
        if kind == HOLDER:
            holder = snapshot.holder(obj)
            users = [holder] if holder else []
            self.is_open = obj.holder_slot is None  # just being handed over
        else:
            users = known_users(snapshot, obj, kind)
            self.is_open = has_more_users(obj, kind) or _is_served(snapshot, obj, kind)
        self.users = [task.slot for task in users if is_live(task)]


class Crew:
    """The tasklets of a thread that a run waits for: all but those that are in a run themselves."""

    def __init__(self, snapshot, scheduler):
        self.rank = (2, scheduler)
        self.users = sorted(task.slot for task in snapshot.tasks if task.scheduler == scheduler
                            and is_live(task) and not _is_in_run(task))
        self.is_open = not self.users


def rank(node):
    """An order of nodes, so that of equals the same comes first in every tool."""
    return (0, node) if isinstance(node, int) else node.rank


def is_live(task):
    return task.state not in (FREE, ENDED, LOST)


def known_users(snapshot, obj, kind):
    """The live tasklets that were seen on a side of a channel, the last one first."""
    lows = (obj.sender, *(obj.senders or ())) if kind == SENDERS else \
        (obj.receiver, *(obj.receivers or ()))
    users = {}
    for low in lows:
        task = snapshot.task_by_low(low)
        if task is not None and is_live(task):
            users[task.slot] = task
    return list(users.values())


def has_more_users(obj, kind):
    """Have others than those that it remembers used this side?"""
    return bool((obj.flags or 0) & (MORE_SENDERS if kind == SENDERS else MORE_RECEIVERS))


def _is_served(snapshot, obj, kind):
    """Is what a waiter wants there already?  It stopped between two steps of a hand-over."""
    waiting = snapshot.waiting_kinds(obj)
    length, capacity = obj.length or 0, obj.capacity or 0
    if kind == SENDERS:
        return length > 0 or not SENDING.isdisjoint(waiting)
    return WAIT_RECEIVE in waiting or length < capacity


def side_of(snapshot, task):
    """(object, kind) of the side that a wait is for; None when it is for neither."""
    if task.state != WAITING:
        return None
    obj, wait = snapshot.object_at.get(task.wait_slot), task.wait_kind
    if obj is None or wait not in snapshots.ON_OBJECT:
        return None
    if obj.kind == OBJECT_MUTEX and wait == WAIT_LOCK:
        return obj, HOLDER
    if obj.kind == OBJECT_CHANNEL and wait in SENDING:
        return obj, RECEIVERS
    if obj.kind == OBJECT_CHANNEL and wait == WAIT_RECEIVE:
        return obj, SENDERS
    return None


def _is_in_run(task):
    return task.wait_kind == WAIT_RUN and task.state in (PAUSED, WAITING)


class Graph:
    """Built from a snapshot; then level[node] for every node, and the roots: components of nodes
    that lead nowhere else, each the reason of a verdict."""

    def __init__(self, snapshot):
        self.snapshot = snapshot
        self._next = {}         # of a slot: the node that it waits for
        self._may_go_on = set() # slots: a deadline or a pending error will move them
        self._sides, self._crews = {}, {}
        self._ready = collections.Counter(task.scheduler for task in snapshot.tasks
                                          if task.state in (READY, RUNNING))
        for slot in sorted(snapshot.task_at):
            self._add(snapshot.task_at[slot])
        self.level, self.component, self.roots = {}, {}, []
        self._find_components()

    def successors(self, node):
        if isinstance(node, int):
            return (self._next[node],) if node in self._next else ()
        return node.users

    def nodes(self):
        """Every node that waits, or is waited for."""
        return self.level.keys()

    # ---- building ----

    def _add(self, task):
        side = side_of(self.snapshot, task)
        if side is not None:
            key = side[0].slot, side[1]
            if key not in self._sides:
                self._sides[key] = Side(self.snapshot, *side, len(self._sides))
            self._next[task.slot] = self._sides[key]
            if side[1] == HOLDER and self.snapshot.holder(side[0]) is task:
                self._may_go_on.add(task.slot)  # unlocked and given to it, but not woken yet
        elif task.state == WAITING and task.wait_kind == WAIT_JOIN:
            joined = self.snapshot.task_at.get(task.wait_slot)
            if joined is None or not is_live(joined):
                return
            self._next[task.slot] = joined.slot
        elif _is_in_run(task) and self._sleeps_for_good(task.scheduler):
            if task.scheduler not in self._crews:
                self._crews[task.scheduler] = Crew(self.snapshot, task.scheduler)
            self._next[task.slot] = self._crews[task.scheduler]
        else:
            return
        if task.wait & (WAIT_DEADLINE | WAIT_ERROR):
            self._may_go_on.add(task.slot)

    def _sleeps_for_good(self, index):
        """A run that is seen on a thread that sleeps, with no timer and nobody ready, waits for
        one of the thread's tasklets to be woken."""
        scheduler = self.snapshot.schedulers.get(index)
        return (scheduler is not None and bool(scheduler.asleep) and not scheduler.current
                and scheduler.sleep_until == _FOREVER and not scheduler.timers
                and not self._ready[index])

    def is_owner_edge(self, node):
        """Is there exactly one who can open it?"""
        if isinstance(node, int):
            node = self._next.get(node)
            return isinstance(node, int) or isinstance(node, Side) and node.kind == HOLDER
        return isinstance(node, Side) and node.kind == HOLDER

    def _acts(self, node):
        if isinstance(node, int):
            return node not in self._next or node in self._may_go_on
        return node.is_open

    # ---- strongly connected components: Tarjan's algorithm, on a stack of its own ----

    def _find_components(self):
        index, low, stack = {}, {}, []
        for start in self._next:
            if start in index:
                continue
            path = [(start, iter(self.successors(start)))]
            index[start] = low[start] = len(index)
            stack.append(start)
            while path:
                node, rest = path[-1]
                for following in rest:
                    if following not in index:
                        path.append((following, iter(self.successors(following))))
                        index[following] = low[following] = len(index)
                        stack.append(following)
                        break
                    if following not in self.component:
                        low[node] = min(low[node], index[following])
                else:
                    path.pop()
                    if low[node] == index[node]:
                        self._close(node, stack)
                    if path:
                        outer = path[-1][0]
                        low[outer] = min(low[outer], low[node])

    def _close(self, top, stack):
        """A component is complete; whatever it leads to has its level already."""
        nodes = []
        while not nodes or nodes[-1] is not top:
            nodes.append(stack.pop())
        for node in nodes:
            self.component[node] = top
        leads_to = [following for node in nodes for following in self.successors(node)]
        outside = [self.level[node] for node in leads_to if self.component[node] is not top]
        if any(map(self._acts, nodes)):
            level = ACTS
        elif outside:
            level = max(outside)
        elif leads_to:
            level = CERTAIN if all(map(self.is_owner_edge, nodes)) else LIKELY
            self.roots.append((level, nodes))
        else:
            level = MAYBE
            self.roots.append((level, nodes))
        for node in nodes:
            self.level[node] = level
