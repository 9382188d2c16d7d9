"""Pure Python libraries: no Django, no database, no clock, no network."""
