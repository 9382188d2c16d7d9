"""Workflows as data, and the working-day calendar their deadlines run on.

Nouns: Workflow (states and Steps, checked when the module is imported), CalendarDay / CalendarYear.
Rules: `perform` locks, checks state and right, stamps, writes the trail; the trail is the transition log; a year the
State Council has not published falls back to Monday–Friday with a visible warning.
"""
