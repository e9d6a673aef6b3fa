"""`Text`: a claim, hint or title in each language of the course. Readers of other languages get the English text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ENGLISH = "en"
"""Every text exists in English. A text that does not exist in the reader's language is shown in English."""


@dataclass(frozen=True, init=False)
class Text:
    """A text in English and in other languages: Text(en="Losses", zh="损失", de="Verluste").

    texts: pairs (language code, text), English first.
    """

    texts: tuple[tuple[str, str], ...]

    def __init__(self, en: str, **others: str) -> None:
        object.__setattr__(self, "texts", ((ENGLISH, en), *others.items()))

    @property
    def languages(self) -> tuple[str, ...]:
        """The language codes of the text, English first."""
        return tuple(language for language, _ in self.texts)

    @property
    def by_language(self) -> dict[str, str]:
        """The text by language code."""
        return dict(self.texts)

    @property
    def every(self) -> tuple[str, ...]:
        """The text in every language, English first."""
        return tuple(text for _, text in self.texts)

    def in_(self, language: str) -> str:
        """Return the text in a language, or in English if it has none in that language."""
        texts = self.by_language
        return texts.get(language, texts[ENGLISH])

    def joined(self, languages: Iterable[str], separator: str) -> str:
        """Return the text in several languages, one after the other. Equal texts of two languages appear once."""
        return separator.join(dict.fromkeys(map(self.in_, languages)))
