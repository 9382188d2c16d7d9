"""Recall, spans, speed and memory of matching, beside the peers that are installed (`python -m bench matching`)."""
