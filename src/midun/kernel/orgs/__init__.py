"""People and organisations, and who may see what.

Nouns: Jurisdiction (a tree of authority by path, not the division-code table), DivisionCode (the public table,
with validity), Organisation (bureau, enterprise, station, partner), User, Membership (a Role in an organisation),
Actor (who acts in this request). Rules: `Model.objects` raises until `.visible_to(actor)` or `.unscoped("reason")`;
three administrators never share a permission; a bureau sees its subtree of work, never an enterprise's inside.
"""
