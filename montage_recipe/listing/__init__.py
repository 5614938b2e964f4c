"""Every stage of a compilation as text and as data; `montage-recipe plan` prints it, golden tests pin it."""
