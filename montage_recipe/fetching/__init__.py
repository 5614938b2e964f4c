"""Brings media that live elsewhere: what is missing, from its address, checked by its SHA-256."""
