"""Renders a label in any of the formats. Pure; the drawing libraries are imported when used."""

from carriers.labels.content import LabelContent
from carriers.ports import LabelFile, LabelFormat


def render_label(content: LabelContent, wanted: LabelFormat) -> LabelFile:
    """The label in the wanted format; the same content gives the same bytes."""
    if wanted in (LabelFormat.ZPL_203, LabelFormat.ZPL_300):
        from carriers.labels.zpl import label_zpl

        return LabelFile(wanted, label_zpl(content, 203 if wanted is LabelFormat.ZPL_203 else 300))
    from carriers.labels.pdf import label_pdf

    return LabelFile(wanted, label_pdf(content, wanted.value))
