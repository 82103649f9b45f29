"""The names of colors that matplotlib ships, for character models."""

PREFIX = "xkcd:"


def color_names() -> list[str]:
    """949 names that people gave to colors, in alphabetical order, lower case.

    From the color survey of xkcd.com (2010), put into the public domain (CC0), as in
    `matplotlib.colors.XKCD_COLORS`.
    """
    from matplotlib.colors import XKCD_COLORS

    return sorted(name.removeprefix(PREFIX) for name in XKCD_COLORS)
