"""Everything that changes activities: the event, its sign-in, its participants, its certificates."""
