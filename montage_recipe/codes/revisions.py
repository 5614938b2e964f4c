"""Faults of asking git for a recipe's revisions."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

CODES: tuple[Code, ...] = (
    Code(
        "git-missing",
        "There is no git",
        "A recipe's revisions are asked of the program git, which is not on PATH.",
        "montage-recipe diff old.yaml new.yaml",
    ),
    Code(
        "no-repository",
        "The recipe is in no git repository",
        "Only a file in the working tree of a repository has revisions.",
        "montage-recipe diff old.yaml new.yaml",
    ),
    Code(
        "unknown-revision",
        "Git does not know the revision",
        "There is no such branch, tag or commit here. CI often fetches the last commit only.",
        "git fetch --unshallow",
    ),
    Code(
        "git-failed",
        "Git did not answer",
        "It refused the repository, or could not read it; what it said is told, but of somebody else's repository.",
        "git status",
    ),
)
