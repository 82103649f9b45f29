"""The names of colors that matplotlib ships, for character models."""

PREFIX = "xkcd:"
# Names with these are left out: what a model invents is shown to a class.
RUDE_WORDS = frozenset(
    "barf bile booger diarrhea piss poo poop puke shit snot vomit".split()  # noqa: SIM905
)


def color_names() -> list[str]:
    """920 names that people gave to colors, in alphabetical order, lower case.

    From the color survey of xkcd.com (2010), put into the public domain (CC0), as in
    `matplotlib.colors.XKCD_COLORS`, without the names that contain rude words.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from rnn_graph.datasets import color_names
    >>> names = color_names()
    >>> len(names), names[:3]
    (920, ['acid green', 'adobe', 'algae'])
    """
    from matplotlib.colors import XKCD_COLORS

    names = (name.removeprefix(PREFIX) for name in XKCD_COLORS)
    return sorted(name for name in names if not RUDE_WORDS & {*name.split()})
