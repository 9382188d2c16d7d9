"""The small witness for partners (`midun witness`): a notary, a court, an office that keeps a log honest.

It needs no database of the platform: a folder with its key, its memory and the logs it knows is all.
"""
