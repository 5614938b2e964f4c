"""What ffmpeg writes is read whatever the pieces it comes in."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from montage_recipe.render.streams import BoundedLog, Progress, ProgressReader

BLOCKS = (
    b"frame=1\nfps=0.00\nout_time_us=N/A\nout_time_ms=N/A\nspeed=N/A\nprogress=continue\n"
    b"frame=25\nout_time_us=1000000\nout_time_ms=1000000\nspeed=2.5x\nprogress=continue\n"
    b"frame=50\nout_time_us=2000000\nout_time_ms=2000000\nspeed=   3x\nprogress=end\n"
)


@given(st.lists(st.integers(0, len(BLOCKS))))
def test_progress_is_read_from_pieces_of_any_size(cuts: list[int]) -> None:
    heard: list[Progress] = []
    reader = ProgressReader(heard.append)
    edges = sorted({0, len(BLOCKS), *cuts})
    for start, end in pairwise(edges):
        reader.feed(BLOCKS[start:end])
    assert heard == [Progress(seconds=1.0, speed=2.5), Progress(seconds=2.0, speed=3.0)]
    assert reader.advances == 3


@given(st.lists(st.binary(max_size=30)))
def test_a_log_is_whole_or_says_what_is_left_out(pieces: list[bytes]) -> None:
    log = BoundedLog(head_bytes=20, tail_bytes=30)
    for piece in pieces:
        log.feed(piece)
    everything = b"".join(pieces)
    if len(everything) <= 50:
        assert log.text() == everything.decode(errors="replace")
    else:
        left_out = f"[{len(everything) - 50} bytes of the log left out here]"
        expected = everything[:20] + f"\n{left_out}\n".encode() + everything[-30:]
        assert log.text() == expected.decode(errors="replace")


def test_a_line_without_an_end_does_not_grow_for_ever() -> None:
    reader = ProgressReader(lambda progress: None)
    for _ in range(100):
        reader.feed(b"x" * 100_000)
    reader.feed(b"\n" + BLOCKS)
    assert reader.advances == 3
