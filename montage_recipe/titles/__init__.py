"""Text on the picture: which fonts, the ASS document libass reads, and the filters that draw it."""
