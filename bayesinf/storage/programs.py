"""A model written by hand as plain values, and back: names and shapes, never code or data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bayesinf.errors import ArtefactError
from bayesinf.model.program import Program
from bayesinf.model.sites import Site, Sites
from bayesinf.posterior.program import ProgramDraws
from bayesinf.storage.fields import (
    Plain,
    items,
    mapping,
    mappings,
    only,
    refuse_repeats,
    text,
    texts,
    truth,
    whole,
)

KINDS = ("latent", "derived", "observed")
FIELDS = ("label", "fingerprint", "settings", "instructions", "factors", *KINDS)
SITE_FIELDS = ("name", "shape", "unbounded", "support", "plates", "discrete", "event")


def program_to_plain(program: Program) -> Plain:
    """A program without its code and its data: its name, its sites, its settings in words.

    Of its code there is a hash, by which other code is known when a fit is loaded.
    """
    return {
        "label": program.label,
        "fingerprint": program.fingerprint,
        "settings": dict(program.settings),
        "instructions": program.instructions,
        "factors": list(program.sites.factors),
        **{kind: [_plain(site) for site in getattr(program.sites, kind)] for kind in KINDS},
    }


def _plain(site: Site) -> Plain:
    return {
        "name": site.name,
        "shape": list(site.shape),
        "unbounded": list(site.unbounded),
        "support": site.support,
        "plates": list(site.plates),
        "discrete": site.discrete,
        "event": site.event,
    }


def program_from_plain(kept: Plain) -> Program:
    """The program that `program_to_plain` wrote, without code and data.

    What its code does is not known of fits of format 1.
    """
    only(kept, FIELDS)
    latent, derived, observed = (_sites(kept, kind) for kind in KINDS)
    refuse_repeats([site.name for site in (*latent, *derived, *observed)], "sites")
    settings = mapping(kept, "settings")
    return Program(
        label=text(kept, "label"),
        sites=Sites(latent, derived, observed, texts(kept, "factors")),
        call=None,
        data=None,
        fingerprint=text(kept, "fingerprint"),
        settings={name: text(settings, name) for name in settings},
        instructions=text(kept, "instructions") if "instructions" in kept else "",
    )


def _sites(kept: Plain, kind: str) -> tuple[Site, ...]:
    return tuple(_site(site) for site in mappings(kept, kind))


def _site(kept: Plain) -> Site:
    only(kept, SITE_FIELDS)
    return Site(
        name=text(kept, "name"),
        shape=_shape(kept, "shape"),
        unbounded=_shape(kept, "unbounded"),
        support=text(kept, "support"),
        plates=tuple(
            None if plate is None else text({"plates": plate}, "plates")
            for plate in items(kept, "plates")
        ),
        discrete=truth(kept, "discrete"),
        event=whole(kept, "event"),
    )


def _shape(kept: Plain, name: str) -> tuple[int, ...]:
    return tuple(whole({name: length}, name) for length in items(kept, name))


def program_draws(program: Program, arrays: Mapping[str, np.ndarray]) -> ProgramDraws:
    """The draws, after a check that they are those of the program's sites.

    Raises:
        ArtefactError: `other-arrays`.
    """
    expected = {site.name: site.shape for site in program.sites.kept}
    if different := set(arrays) ^ set(expected):
        raise ArtefactError(
            f"The stored draws and the stored sites differ by '{min(different)}'.",
            code="other-arrays",
        )
    shapes = {values.shape[:2] for values in arrays.values()}
    for name, values in arrays.items():
        fits = values.shape[2:] == expected[name] and len(values.shape) >= 2
        if len(shapes) != 1 or not fits or values.dtype != np.float64:
            raise ArtefactError(
                f"The stored draws of '{name}' do not fit the program: shape {values.shape}, "
                f"{values.dtype}.",
                code="other-arrays",
            )
    return ProgramDraws({name: arrays[name] for name in expected})
