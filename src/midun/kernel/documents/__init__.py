"""Documents: PDF by typst, Word by python-docx, Excel by xlsxwriter, from plain data.

Nouns: FormSheet (a statistics form), PrintTable, Certificate, Poster, Report (an editable Word report whose blocks can
be regenerated without losing what a person changed). Rules: no database and no Django here; data never becomes template
code; equal input gives equal bytes; layouts follow GB/T 9704-2012 as far as it applies; a seal is printed, never drawn.
"""
