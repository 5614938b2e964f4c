"""Measures montage-recipe from outside, side by side with one hand-written ffmpeg process: `python -m benchmarks`."""
