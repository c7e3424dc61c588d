"""HTML that stands without style sheets or scripts.

Notebook viewers drop ``<style>`` and ``<script>`` from outputs they do not trust, so styles are
inline and only refine what semantic elements already say. Colours are JupyterLab's variables with
fallbacks that read on light and dark alike. For outputs it does not trust, JupyterLab lets a
variable pass only with an ``rgb()`` fallback, and never inside a ``border`` shorthand.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

__all__ = ["Markup", "badge", "card", "element", "escape", "join", "notes"]

BORDER = "rgba(128,128,128,.35)"
MUTED = "var(--jp-ui-font-color2, rgba(128,128,128,1))"
GOOD = "var(--jp-success-color1, rgb(46,133,64))"
BAD = "var(--jp-error-color1, rgb(201,48,44))"
WARN = "var(--jp-warn-color0, rgb(184,105,11))"
BRAND = "var(--jp-brand-color1, rgb(25,118,210))"

_VOID = {"br", "hr", "img", "path", "rect", "line", "meta"}
_TONES = {"good": GOOD, "bad": BAD, "warn": WARN, "brand": BRAND, "muted": MUTED}


def element(tag: str, *children: object, **attributes: object) -> Markup:
    """Build one element; children and attribute values are escaped unless they are Markup.

    A trailing underscore is dropped from attribute names, others become dashes.

    Examples
    --------
    >>> str(element("td", "<b>", class_="x"))
    '<td class="x">&lt;b&gt;</td>'
    """
    shown = Markup("").join(
        Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), value)
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Markup("<{}{}/>").format(tag, shown)
    return Markup("<{0}{1}>{2}</{0}>").format(tag, shown, join(*children))


def join(*parts: object) -> Markup:
    """Join parts, escaping what is not Markup."""
    return Markup("").join(parts)  # type: ignore[arg-type]  # it escapes any object


def badge(text: str, tone: str = "muted", title: str | None = None) -> Markup:
    """A short word in a coloured outline; `tone` is good, bad, warn, brand or muted.

    `title` is shown where a mouse rests on it.
    """
    colour = _TONES[tone]
    return element(
        "span",
        text,
        title=title,
        style=f"color:{colour};border:1px solid;border-radius:3px;"
        "padding:0 5px;font-size:85%;white-space:nowrap",
    )


def notes(lines: Iterable[object]) -> Markup:
    """A quiet list of what else is to be known; nothing where there is none.

    Examples
    --------
    >>> str(notes([]))
    ''
    """
    items = [element("li", line) for line in lines]
    style = f"color:{MUTED};margin:4px 0;padding-left:18px"
    return element("ul", *items, style=style) if items else join()


def card(title: object, *body: object, note: object = "") -> Markup:
    """A titled block: the frame of every Result in a notebook."""
    heading = element(
        "div",
        element("strong", title),
        element("span", note, style=f"color:{MUTED};margin-left:8px") if note else "",
        style="margin-bottom:4px",
    )
    return element(
        "div",
        heading,
        *body,
        class_="mlops-card",
        style=f"border-left:3px solid;border-left-color:{BRAND};"
        "padding:4px 0 4px 12px;margin:4px 0;overflow-wrap:anywhere",
    )
