"""What a recipe was built from, in a file beside it: `trip.yaml` has `trip.lock`, `montage.yaml` has `montage.lock`."""
