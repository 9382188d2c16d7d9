"""Everything that changes a statistics form, by concept: opening, filling, steps, reminding.

Every act takes the `version` of the form as the person saw it; of two people at once one wins and the other is told.
"""
