"""Work on a borrowed GPU. So far: what its logs mean; see `diagnosis`."""
