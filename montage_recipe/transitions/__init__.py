"""Every transition a clip can come in by, under the name an editor would look for. A cut is `none` and not listed."""

from __future__ import annotations

from montage_recipe.transitions.spec import Transition


def _since_5_1(name: str, xfade: str, doc: str) -> Transition:
    return Transition(name=name, xfade=xfade, doc=doc, needs="5.1")


def _since_6_1(name: str, xfade: str, doc: str) -> Transition:
    return Transition(name=name, xfade=xfade, doc=doc, needs="6.1")


# "Old" and "new" are the clip that leaves and the clip that comes; directions are the ones in which the edge moves.
ALL_TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        name="crossfade",
        xfade="fade",
        doc="The old picture fades out while the new one fades in.",
        needs="5.1",
        mixes=True,
    ),
    _since_5_1("crossfade-fast", "fadefast", "A crossfade in which pixels that differ much change early."),
    _since_5_1("crossfade-slow", "fadeslow", "A crossfade in which pixels that differ much change late."),
    _since_5_1("dip-to-black", "fadeblack", "The old picture fades to black, then the new one comes out of it."),
    _since_5_1("dip-to-white", "fadewhite", "The old picture fades to white, then the new one comes out of it."),
    _since_5_1("fade-grays", "fadegrays", "Colour drains from the old picture and returns in the new one."),
    _since_5_1("dissolve", "dissolve", "Pixels change one by one in random order; editors' dissolve is `crossfade`."),
    _since_5_1("distance", "distance", "Pixels change in the order of how much old and new differ."),
    _since_5_1("pixelize", "pixelize", "The picture turns into growing blocks and comes back as the new one."),
    _since_5_1("h-blur", "hblur", "The picture is smeared sideways and comes back as the new one."),
    _since_5_1("zoom-in", "zoomin", "The old picture is zoomed into until the new one shows through."),
    _since_5_1("radial", "radial", "The new picture sweeps in around the centre like the hand of a clock."),
    _since_5_1("circle-open", "circleopen", "The new picture opens as a soft circle from the centre."),
    _since_5_1("circle-close", "circleclose", "The old picture closes as a soft circle into the centre."),
    _since_5_1(
        "circle-crop", "circlecrop", "A hard circle closes to black over the old picture and opens over the new."
    ),
    _since_5_1("rect-crop", "rectcrop", "A rectangle closes to black over the old picture and opens over the new."),
    _since_5_1("horizontal-open", "horzopen", "The new picture opens from a line across the middle, up and down."),
    _since_5_1(
        "horizontal-close", "horzclose", "The old picture closes from top and bottom to a line across the middle."
    ),
    _since_5_1("vertical-open", "vertopen", "The new picture opens from an upright line in the middle to both sides."),
    _since_5_1(
        "vertical-close", "vertclose", "The old picture closes from both sides to an upright line in the middle."
    ),
    _since_5_1("wipe-left", "wipeleft", "A hard edge moves left and leaves the new picture behind it."),
    _since_5_1("wipe-right", "wiperight", "A hard edge moves right and leaves the new picture behind it."),
    _since_5_1("wipe-up", "wipeup", "A hard edge moves up and leaves the new picture behind it."),
    _since_5_1("wipe-down", "wipedown", "A hard edge moves down and leaves the new picture behind it."),
    _since_5_1("wipe-top-left", "wipetl", "The old picture shrinks away into the top left corner."),
    _since_5_1("wipe-top-right", "wipetr", "The old picture shrinks away into the top right corner."),
    _since_5_1("wipe-bottom-left", "wipebl", "The old picture shrinks away into the bottom left corner."),
    _since_5_1("wipe-bottom-right", "wipebr", "The old picture shrinks away into the bottom right corner."),
    _since_5_1("smooth-left", "smoothleft", "A wide soft edge moves left and leaves the new picture behind it."),
    _since_5_1("smooth-right", "smoothright", "A wide soft edge moves right and leaves the new picture behind it."),
    _since_5_1("smooth-up", "smoothup", "A wide soft edge moves up and leaves the new picture behind it."),
    _since_5_1("smooth-down", "smoothdown", "A wide soft edge moves down and leaves the new picture behind it."),
    _since_5_1("diagonal-top-left", "diagtl", "A soft slanting edge crosses the picture towards the top left corner."),
    _since_5_1(
        "diagonal-top-right", "diagtr", "A soft slanting edge crosses the picture towards the top right corner."
    ),
    _since_5_1("diagonal-bottom-left", "diagbl", "A soft slanting edge crosses the picture to the bottom left corner."),
    _since_5_1(
        "diagonal-bottom-right", "diagbr", "A soft slanting edge crosses the picture to the bottom right corner."
    ),
    _since_5_1("slide-left", "slideleft", "The new picture pushes the old one out to the left."),
    _since_5_1("slide-right", "slideright", "The new picture pushes the old one out to the right."),
    _since_5_1("slide-up", "slideup", "The new picture pushes the old one out at the top."),
    _since_5_1("slide-down", "slidedown", "The new picture pushes the old one out at the bottom."),
    _since_5_1("slice-left", "hlslice", "Upright slices of the new picture appear one after the other, moving left."),
    _since_5_1("slice-right", "hrslice", "Upright slices of the new picture appear one after the other, moving right."),
    _since_5_1("slice-up", "vuslice", "Level slices of the new picture appear one after the other, moving up."),
    _since_5_1("slice-down", "vdslice", "Level slices of the new picture appear one after the other, moving down."),
    _since_5_1("squeeze-horizontal", "squeezeh", "The old picture is squeezed flat onto a line across the middle."),
    _since_5_1(
        "squeeze-vertical", "squeezev", "The old picture is squeezed narrow onto an upright line in the middle."
    ),
    _since_6_1("wind-left", "hlwind", "The old picture is blown away to the left in streaks."),
    _since_6_1("wind-right", "hrwind", "The old picture is blown away to the right in streaks."),
    _since_6_1("wind-up", "vuwind", "The old picture is blown away upwards in streaks."),
    _since_6_1("wind-down", "vdwind", "The old picture is blown away downwards in streaks."),
    _since_6_1("cover-left", "coverleft", "The new picture moves left over the old one, which stands still."),
    _since_6_1("cover-right", "coverright", "The new picture moves right over the old one, which stands still."),
    _since_6_1("cover-up", "coverup", "The new picture moves up over the old one, which stands still."),
    _since_6_1("cover-down", "coverdown", "The new picture moves down over the old one, which stands still."),
    _since_6_1(
        "reveal-left", "revealleft", "The old picture moves out to the left; the new one stands still under it."
    ),
    _since_6_1(
        "reveal-right", "revealright", "The old picture moves out to the right; the new one stands still under it."
    ),
    _since_6_1("reveal-up", "revealup", "The old picture moves out at the top; the new one stands still under it."),
    _since_6_1(
        "reveal-down", "revealdown", "The old picture moves out at the bottom; the new one stands still under it."
    ),
)
TRANSITIONS = {transition.name: transition for transition in ALL_TRANSITIONS}
