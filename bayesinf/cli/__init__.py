"""The shell's face: `bayesinf fit | predict | report | demo`."""

from bayesinf.cli.commands import main as main
