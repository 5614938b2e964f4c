"""Recipes and media as they were at a revision of a git repository; nothing in the repository or its working tree changes."""
