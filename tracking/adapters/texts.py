"""Reads the notices' catalogues (gettext) and templates from this package's files."""

from functools import lru_cache
from gettext import c2py
from io import BytesIO
from pathlib import Path

from babel.messages.pofile import read_po

from tracking.notices.compose import LANGUAGES, Catalogue, Texts

FOLDER = Path(__file__).resolve().parent.parent / "notices"


@lru_cache(maxsize=1)
def load_texts() -> Texts:
    """All languages; a broken catalogue fails here, at the start."""
    return Texts(
        {language: read_catalogue(language) for language in LANGUAGES},
        (FOLDER / "templates" / "notice.html").read_text(encoding="utf-8"),
        (FOLDER / "templates" / "notice.txt").read_text(encoding="utf-8"),
    )


def read_catalogue(language: str, folder: Path = FOLDER / "catalogues") -> Catalogue:
    """The catalogue of one language in that folder."""
    raw = (folder / f"{language}.po").read_bytes()
    catalogue = read_po(BytesIO(raw), locale=language.replace("-", "_"), abort_invalid=True)
    texts: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if not message.id:
            continue
        if isinstance(message.id, tuple | list):
            texts[str(message.id[0])] = tuple(str(form) for form in message.string or ())
        else:
            texts[str(message.id)] = (str(message.string),)
    return Catalogue(language, texts, c2py(catalogue.plural_expr))
