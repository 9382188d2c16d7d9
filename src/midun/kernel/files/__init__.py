"""Files: a content-addressed store, and attachments that are readable exactly when their owner is.

Nouns: Blob (bytes by SHA-256, under MIDUN_HOME/files), Attachment (a name and a kind that hang a blob on a record).
Rules: what a file is, is judged by its content, never by its name; a blob is written and synced before the row that
names it; a file is found only through a record the actor can see; nothing is served inline but raster images and PDF.
"""
