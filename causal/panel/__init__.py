"""Panels: reading them from frames, and what they hold."""

from causal.panel.panel import Panel as Panel, spelt_alike as spelt_alike
from causal.panel.read import read_panel as read_panel
