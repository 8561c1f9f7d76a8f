"""Faults on purpose: damaged files, killed saves, full disks, interrupts, threads."""
