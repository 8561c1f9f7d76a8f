"""A graph as whole numbers, one bit per variable: sets and walks at the speed of integers.

The searches of identification ask thousands of questions about parts of one graph. Here a set of
variables is an `int`, so that union, intersection and difference are single operations, and a
graph that loses some arrows shares the rest with the graph that it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

type Mask = int
"""A set of variables: bit `i` stands for the variable at place `i`."""


@dataclass(frozen=True, eq=False)
class Bits:
    """The arrows of a graph, as one set of neighbours per variable and kind of arrow.

    Attributes:
        names: The variables; their places are the places of the bits.
        place: The place of each variable.
        parents: For each place, the set of direct causes.
        children: For each place, the set of direct effects.
        spouses: For each place, the set of those that share an unmeasured cause (`<->`).

    Example:
        >>> bits = Bits.of(("x", "m", "y"), [("x", "m"), ("m", "y")], [])
        >>> bits.named(bits.ancestors(bits.mask(["m"])))
        ('x', 'm')
    """

    names: tuple[str, ...]
    place: Mapping[str, int]
    parents: tuple[Mask, ...]
    children: tuple[Mask, ...]
    spouses: tuple[Mask, ...]

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        directed: Iterable[tuple[str, str]],
        bidirected: Iterable[tuple[str, str]],
    ) -> Bits:
        """Numbers the variables in their order."""
        place = {name: i for i, name in enumerate(names)}
        parents, children, spouses = ([0] * len(names) for _ in range(3))
        for start, end in directed:
            one, other = place[start], place[end]
            children[one] |= 1 << other
            parents[other] |= 1 << one
        for start, end in bidirected:
            one, other = place[start], place[end]
            spouses[one] |= 1 << other
            spouses[other] |= 1 << one
        return cls(tuple(names), place, tuple(parents), tuple(children), tuple(spouses))

    @property
    def everything(self) -> Mask:
        """The set of all variables."""
        return (1 << len(self.names)) - 1

    def mask(self, names: Iterable[str]) -> Mask:
        """The set of these variables."""
        found = 0
        for name in names:
            found |= 1 << self.place[name]
        return found

    def named(self, mask: Mask) -> tuple[str, ...]:
        """The names of a set, in the order of the graph."""
        return tuple(self.names[i] for i in places(mask))

    def ancestors(self, mask: Mask, within: Mask = -1) -> Mask:
        """The set and all that affects it, by arrows between variables of `within`."""
        return closure(self.parents, mask & within, within)

    def descendants(self, mask: Mask, within: Mask = -1) -> Mask:
        """The set and all that it affects, by arrows between variables of `within`."""
        return closure(self.children, mask & within, within)

    def district(self, mask: Mask, within: Mask = -1) -> Mask:
        """The set and all that is joined to it by `<->` between variables of `within`."""
        return closure(self.spouses, mask & within, within)

    def districts(self, within: Mask) -> list[Mask]:
        """Splits a set into the parts that `<->` holds together (the c-components)."""
        found = []
        while within:
            part = self.district(within & -within, within)
            found.append(part)
            within &= ~part
        return found

    def neighbours(self, arrows: Sequence[Mask], mask: Mask) -> Mask:
        """The variables one arrow of a kind away from any of a set."""
        found = 0
        for i in places(mask):
            found |= arrows[i]
        return found

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The places of all variables, causes before effects."""
        missing = [parents.bit_count() for parents in self.parents]
        found = [i for i, count in enumerate(missing) if not count]
        for i in found:
            for child in places(self.children[i]):
                missing[child] -= 1
                if not missing[child]:
                    found.append(child)
        return tuple(found)

    def ordered(self, within: Mask) -> list[int]:
        """The places of a set, causes before effects."""
        return [i for i in self.order if within >> i & 1]

    def without_out(self, mask: Mask, into: Mask = -1) -> Bits:
        """Takes the arrows from a set into another one away."""
        children, parents = list(self.children), list(self.parents)
        for i in places(mask):
            for child in places(children[i] & into):
                parents[child] &= ~(1 << i)
            children[i] &= ~into
        return replace(self, parents=tuple(parents), children=tuple(children))

    def without_in(self, mask: Mask) -> Bits:
        """Takes all arrows at the head of which a set stands away: `->` into it and `<->`."""
        children = tuple(others & ~mask for others in self.children)
        cut = [bool(mask >> i & 1) for i in range(len(self.names))]
        parents = tuple(0 if c else old for c, old in zip(cut, self.parents, strict=True))
        spouses = tuple(0 if c else old & ~mask for c, old in zip(cut, self.spouses, strict=True))
        return replace(self, parents=parents, children=children, spouses=spouses)

    def reach(self, starts: Mask, known: Mask, opened: Mask, within: Mask = -1) -> Mask:
        """Walks everywhere that dependence flows from a set.

        Args:
            starts: Where to begin.
            known: What stops the walk, except at colliders.
            opened: Where the walk passes colliders.
            within: What may be walked on.

        Returns:
            All that the walk came to, the start included; each variable is passed at most twice.

        Source:
            Shachter (1998), Bayes-Ball; `causal.graph.separation.walk` is the same walk by names,
            which also remembers the way.
        """
        # Up: come to against an arrow, or a start; down: come to along one that points at it.
        up, down = starts & within, 0
        done_up = done_down = 0
        while up or down:
            done_up |= up
            done_down |= down
            backwards = (up & ~known) | (down & opened)
            fresh_up = fresh_down = 0
            for i in places(backwards):
                fresh_up |= self.parents[i]
                fresh_down |= self.spouses[i]
            for i in places((up | down) & ~known):
                fresh_down |= self.children[i]
            up, down = fresh_up & within & ~done_up, fresh_down & within & ~done_down
        return done_up | done_down

    def separated(self, x: Mask, y: Mask, given: Mask) -> bool:
        """Says whether no dependence flows between two sets, given a third (m-separation)."""
        return not self.reach(x, given, self.ancestors(given)) & y

    def nearest_separator(
        self, x: Mask, y: Mask, candidates: Mask, always: Mask = 0
    ) -> Mask | None:
        """Finds a set that separates x and y with nothing to spare, as near to y as there is.

        Args:
            x: A set.
            y: Another one.
            candidates: What may be chosen.
            always: What is known anyway, in addition to what is chosen.

        Returns:
            The chosen variables, without `always`; None when nothing separates the two.

        Source:
            van der Zander and Liskiewicz (2019), Finding minimal d-separators in linear time and
            applications, UAI: a separator exists if and only if all candidates among the ancestors
            separate, and the first candidates that are met from either side have nothing to spare.
        """
        # Among ancestors every collider joins its causes in the moral graph, so all are open here.
        moral = self.ancestors(x | y | always)
        kept = candidates & moral & ~(x | y | always)
        for start in (y, x):
            reached = self.reach(start, kept | always, moral, moral)
            if reached & (x | y) & ~start:
                return None
            kept &= reached
        return kept


def places(mask: Mask) -> Iterator[int]:
    """The places of the bits of a set, in rising order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def closure(arrows: Sequence[Mask], mask: Mask, within: Mask) -> Mask:
    """The set and all that can be walked to from it along arrows of one kind."""
    reached = fresh = mask
    while fresh:
        found = 0
        for i in places(fresh):
            found |= arrows[i]
        fresh = found & within & ~reached
        reached |= fresh
    return reached
