"""Acts of the directory: the import of enterprises."""
