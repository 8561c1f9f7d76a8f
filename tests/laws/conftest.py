"""Registers the profiles of the laws before `--hypothesis-profile` asks for one."""

import tests.laws.law as law

assert law.TIMES
