"""`save` and `load`: a posterior as a folder that holds no code and no training rows.

manifest.json        what was asked and found, in words and numbers; sizes and SHA-256 of files
draws.safetensors    the draws, the sampler's facts, sufficient statistics
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bayesinf.errors import ArtefactError, BayesinfError, FormulaError
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.program import AnyPosterior, ProgramPosterior
from bayesinf.posterior.provenance import installed_versions
from bayesinf.posterior.states import DrawsOnly
from bayesinf.storage import codec
from bayesinf.storage.arrays import (
    ARRAYS,
    arrays_of,
    check_finite,
    describe,
    draws_of,
    part_of,
    read_arrays,
    statistics_of,
)
from bayesinf.storage.disk import (
    check_free,
    digest,
    place_of,
    read_file,
    read_names,
)
from bayesinf.storage.fields import mapping, mappings, only, truth
from bayesinf.storage.manifest import (
    FORMAT,
    FORMAT_VERSION,
    LARGEST_MANIFEST,
    NAME,
    read_manifest,
    write_manifest,
)
from bayesinf.storage.programs import program_draws, program_from_plain, program_to_plain
from bayesinf.storage.replacement import replace_folder

FILES = (ARRAYS,)
"""All that a folder of this format holds besides its manifest."""

FIELDS = (
    "format",
    "format_version",
    "bayesinf",
    "files",
    "arrays",
    "independent",
    "state",
    "verdict",
    "provenance",
)
"""What a manifest of this format says, besides a model of a formula or one written by hand."""

ATTEMPTS = 20
"""How often a folder is read anew because somebody has replaced it while it was read."""


def save(posterior: AnyPosterior, folder: str | Path) -> Path:
    """Writes a posterior to a folder, from which `load` brings it back in any process.

    The training rows are not written; levels of factors and ranges of columns are, because new
    rows are checked against them. Neither is the code of a model written by hand: only its sites,
    its draws and its data's fingerprint. The folder appears whole or not at all: it is written
    beside its place, flushed to the disk and renamed.

    Args:
        posterior: Of any model and engine.
        folder: A new name, an empty folder, or an earlier saved fit, which is replaced.

    Returns:
        The folder's path.

    Raises:
        ArtefactError: When something else stands in that place, or the disk refuses. Then nothing
            has changed.

    Example:
        >>> import tempfile
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> with tempfile.TemporaryDirectory() as place:
        ...     folder = fit.save(place + "/sleep")
        ...     again = bi.load(folder)
        >>> bool((again.summary() == fit.summary()).all(axis=None))
        True
    """
    target = refuse_occupied(folder)
    replace_folder(target, files_of(posterior))
    return target


def files_of(posterior: AnyPosterior) -> dict[str, bytes]:
    """The bytes of each file of a saved posterior; the same posterior has the same bytes."""
    formula = isinstance(posterior, Posterior)
    state, state_arrays = codec.state_to_plain(posterior.state if formula else DrawsOnly())
    arrays, data = arrays_of(posterior, state_arrays)
    content: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "bayesinf": installed_versions()["bayesinf"],
        "files": {ARRAYS: {"bytes": len(data), "sha256": digest(data)}},
        "arrays": describe(arrays),
        "independent": posterior.independent,
        "state": state,
        "verdict": codec.verdict_to_plain(posterior.verdict),
        "provenance": codec.provenance_to_plain(posterior.provenance),
        **(
            {"model": codec.model_to_plain(posterior.model)}
            if isinstance(posterior, Posterior)
            else {"program": program_to_plain(posterior.model)}
        ),
    }
    return {ARRAYS: data, NAME: write_manifest(content)}


def load(folder: str | Path) -> AnyPosterior:
    """Reads a posterior that `save` wrote, after checking every byte of it.

    Nothing in the folder is run or unpickled. The posterior predicts as the saved one did, to the
    last bit, and can be updated with new rows; its training rows are gone, so that what needs them
    (posterior predictive checks, averages over the training rows) asks for rows instead.

    Args:
        folder: As given to `save`.

    Returns:
        The posterior, whose design has zero rows and no table; that of a model written by hand has
        neither code nor data.

    Raises:
        ArtefactError: When the folder is not a saved fit, is damaged (the file is named), holds
            files that it should not, or was written by a newer bayesinf; and when its formula,
            which an earlier one accepted, is refused by now.
    """
    source = place_of(folder)
    seen = _look(source)
    for _ in range(ATTEMPTS):
        try:
            return _read(source, seen.manifest)
        except ArtefactError:
            before, seen = seen, _look(source)
            if seen == before:
                raise
    return _read(source, seen.manifest)


class _Look(NamedTuple):
    """What stood in a place: a manifest, and which of the folders that may follow one another.

    The same manifest does not say that nothing has happened: two writers may have taken turns.
    """

    manifest: bytes
    folder: tuple[int, int, int] | None


def _look(source: Path) -> _Look:
    manifest = read_file(source, NAME, LARGEST_MANIFEST)
    try:
        facts = os.stat(source)
    except OSError:
        return _Look(manifest, None)
    return _Look(manifest, (facts.st_dev, facts.st_ino, facts.st_ctime_ns))


def _read(source: Path, written: bytes) -> AnyPosterior:
    """The posterior of a folder, given the bytes of its manifest."""
    content = read_manifest(written, NAME)
    try:
        only(content, (*FIELDS, "program" if "program" in content else "model"))
        files = _listed_files(content)
        read_names(source, (NAME, *files))
        data = read_file(source, ARRAYS, files[ARRAYS]["bytes"], files[ARRAYS]["sha256"])
        return _assemble(content, read_arrays(data, content["arrays"]))
    except ArtefactError:
        raise
    except FormulaError as error:
        raise ArtefactError(
            f"This bayesinf does not accept the formula of the fit in '{source}': {error}",
            code="refused-formula",
            hint="Fit again, with the formula written otherwise: earlier versions accepted some "
            "formulas that meant something else than they seemed to.",
        ) from error
    except (
        BayesinfError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise ArtefactError(
            f"{NAME} in '{source}' does not hold what this bayesinf expects: {error}",
            code="bad-manifest",
            hint="It was not written by bayesinf, or by another version of this format.",
        ) from error


def refuse_occupied(folder: str | Path) -> Path:
    """Refuses what `save` would refuse, before there is a posterior to lose.

    Args:
        folder: As it will be given to `save`.

    Returns:
        The folder's path.

    Raises:
        ArtefactError: `bad-path`, `occupied`.
    """
    target = place_of(folder)
    check_free(target, (NAME, *FILES), _is_ours)
    return target


def _is_ours(target: Path) -> bool:
    """Whether a folder is a saved fit, damaged or newer ones included."""
    try:
        read_manifest(read_file(target, NAME, LARGEST_MANIFEST), NAME)
    except ArtefactError as error:
        return error.code in ("newer-format", "broken-seal")
    return True


def _listed_files(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The files that the manifest lists, which must be the ones that this format has."""
    files = content["files"]
    if set(files) != set(FILES):
        strange = sorted(set(files) ^ set(FILES))
        raise ArtefactError(
            f"{NAME} lists other files than {', '.join(FILES)}: {strange[0]!r}.",
            code="listed-files",
        )
    for name, facts in files.items():
        if type(facts["bytes"]) is not int or type(facts["sha256"]) is not str:
            raise ArtefactError(
                f"{NAME} does not give size and SHA-256 of {name}.", code="listed-files"
            )
    return files


def _assemble(content: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> AnyPosterior:
    if "program" in content:
        return _assemble_program(content, arrays)
    model = codec.model_from_plain(mapping(content, "model"))
    values = draws_of(model, arrays)
    verdict = codec.verdict_from_plain(mappings(content, "verdict"))
    check_finite(values, verdict)
    return Posterior(
        model=model,
        values=values,
        verdict=verdict,
        provenance=codec.provenance_from_plain(mapping(content, "provenance")),
        state=codec.state_from_plain(mapping(content, "state"), part_of(arrays, "state")),
        statistics=statistics_of(values, arrays),
        independent=truth(content, "independent"),
    )


def _assemble_program(
    content: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> ProgramPosterior:
    model = program_from_plain(mapping(content, "program"))
    codec.state_from_plain(mapping(content, "state"), part_of(arrays, "state"))
    values = program_draws(model, part_of(arrays, "draws"))
    verdict = codec.verdict_from_plain(mappings(content, "verdict"))
    check_finite(values, verdict)
    return ProgramPosterior(
        model=model,
        values=values,
        verdict=verdict,
        provenance=codec.provenance_from_plain(mapping(content, "provenance")),
        statistics=statistics_of(values, arrays),
        independent=truth(content, "independent"),
    )
