"""A catalogue lists every member that its folder holds; a file that is not listed is an error."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Catalogue:
    """A folder of members, and the class that says what one member is."""

    folder: str
    base: str
    # Modules of the folder that hold no member, each with the reason.
    without_member: tuple[str, ...] = ()

    @property
    def listing(self) -> ModuleType:
        return importlib.import_module(self.folder)

    @property
    def base_class(self) -> type:
        module, _, name = self.base.rpartition(".")
        return getattr(importlib.import_module(module), name)

    @property
    def modules(self) -> list[str]:
        files = (ROOT / self.folder.replace(".", "/")).glob("*.py")
        return sorted(file.stem for file in files if file.stem != "__init__")


CATALOGUES = (
    Catalogue("bayesinf.families", "bayesinf.family.Family"),
    Catalogue("bayesinf.terms", "bayesinf.term.Term"),
    # defaults: functions that choose a prior from the data's scale
    Catalogue("bayesinf.priors", "bayesinf.prior.Prior", without_member=("defaults",)),
    # auto: chooses among the members, so it cannot be one of those it chooses from
    Catalogue("bayesinf.engines", "bayesinf.engine.Engine", without_member=("auto",)),
    Catalogue("causal.studies", "causal.study.Study"),
    Catalogue("causal.estimators", "causal.estimator.Estimator"),
    Catalogue("causal.checks", "causal.check.Check"),
)

every_catalogue = pytest.mark.parametrize(
    "catalogue", CATALOGUES, ids=[catalogue.folder for catalogue in CATALOGUES]
)


def as_class(member: object) -> type:
    return member if isinstance(member, type) else type(member)


def unlisted(members: Sequence[object], base: type, modules: Sequence[ModuleType]) -> list[type]:
    """The concrete classes that the modules define and the catalogue forgets."""
    listed = {as_class(member) for member in members}
    return [
        candidate
        for module in modules
        for _, candidate in inspect.getmembers(module, inspect.isclass)
        if candidate.__module__ == module.__name__
        and issubclass(candidate, base)
        and not inspect.isabstract(candidate)
        and candidate not in listed
    ]


@every_catalogue
def test_every_file_is_listed(catalogue: Catalogue) -> None:
    listed = {as_class(member).__module__.rpartition(".")[2] for member in catalogue.listing.ALL}
    expected = set(catalogue.modules) - set(catalogue.without_member)
    assert expected, f"{catalogue.folder} holds no member"
    assert listed - set(catalogue.without_member) == expected, (
        f"list the members of every file in the ALL of {catalogue.folder}"
    )
    assert set(catalogue.without_member) <= set(catalogue.modules)


@every_catalogue
def test_every_concrete_class_is_listed(catalogue: Catalogue) -> None:
    modules = [
        importlib.import_module(f"{catalogue.folder}.{name}")
        for name in catalogue.modules
        if name not in catalogue.without_member
    ]
    assert unlisted(catalogue.listing.ALL, catalogue.base_class, modules) == []


@every_catalogue
def test_members_are_final_and_listed_once(catalogue: Catalogue) -> None:
    members = [as_class(member) for member in catalogue.listing.ALL]
    assert isinstance(catalogue.listing.ALL, tuple)
    assert len(set(members)) == len(members)
    for member in members:
        assert issubclass(member, catalogue.base_class)
        assert not inspect.isabstract(member)
        assert not any(other is not member and issubclass(other, member) for other in members), (
            f"{member.__name__} is concrete and is subclassed: abstract or final"
        )


def test_a_forgotten_member_is_noticed() -> None:
    module = importlib.import_module("bayesinf.families.gaussian")
    family = importlib.import_module("bayesinf.family").Family
    assert [found.__name__ for found in unlisted((), family, [module])] == ["Gaussian"]
