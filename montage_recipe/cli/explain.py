"""`montage-recipe explain`: what a word of the language, or a code of a fault, means."""

from __future__ import annotations

import click

_GROUPS = {
    "keys": "what can be written, and where",
    "kinds": "the kinds of value",
    "effects": "what can be done to a clip's picture",
    "transitions": "how a clip can come in",
    "generators": "footage and sound that ffmpeg makes",
    "profiles": "how a file is encoded",
    "models": "what enlarges pictures, for `upscale`",
    "checks": "what a finished film is judged by",
    "codes": "the faults that can be found",
    "causes": "why work on a GPU host fails",
}


@click.command()
@click.argument("word", required=False)
def command(word: str | None) -> None:
    """Explain a key, an effect, a transition, a generator, a profile, a model, an error code or the cause of a failure.

    WORD may also be one of keys, kinds, effects, transitions, generators, profiles, models, checks, codes and causes, for a
    list of them.
    """
    if word is None:
        click.echo("montage-recipe explain WORD, where WORD is one of these or a member of theirs:\n")
        click.echo("\n".join(f"  {name:<12} {what}" for name, what in _GROUPS.items()))
    elif word in _GROUPS:
        click.echo(_listing(word))
    else:
        click.echo(_explanation(word))


def _listing(group: str) -> str:
    from montage_recipe.topics import all_topics

    topics = [topic for topic in all_topics() if topic.group == group]
    if group == "keys":
        return "\n\n".join(f"{topic.title}\n{topic.body}" for topic in topics if len(topic.words) == 1)
    width = max(len(topic.words[0]) for topic in topics)
    lines = (f"  {topic.words[0]:<{width}}  {_first_line(topic.title, topic.body)}" for topic in topics)
    return "\n".join((f"{group}: {_GROUPS[group]}\n", *lines))


def _first_line(title: str, body: str) -> str:
    return title.partition(": ")[2] or body.splitlines()[0]


def _explanation(word: str) -> str:
    from montage_recipe.cli.main import COMMANDS
    from montage_recipe.suggest import did_you_mean
    from montage_recipe.topics import all_topics

    topics = list(all_topics())
    wanted = word.strip("`'\"[]:").lower()
    found = [topic for topic in topics if wanted in (name.lower() for name in topic.words)]
    if not found and wanted in COMMANDS:
        return f"{wanted}: a command. {COMMANDS[wanted][1]}\n\n  montage-recipe {wanted} --help"
    if not found:
        known = [name for topic in topics for name in topic.words]
        hint = did_you_mean(word, known, in_full=len(known)) or "`montage-recipe explain` says what there is."
        raise click.UsageError(f"nothing here is called `{word}`: {hint}")
    return "\n\n".join(f"{topic.title}\n\n{topic.body}" for topic in found)
