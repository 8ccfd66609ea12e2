"""The table of networks: one card each, by the name the code uses (`cards.YUNET`).

A default card's weights may be used by a company: their own licence is permissive, which is not always that of the
package that carries them. No network that guesses age, gender, race or emotion is listed, now or later.
"""

from regard.models.card import Card, Carrier
from regard.models.cards_faces import (
    BLENDSHAPES,
    CENTERFACE,
    FACE_MASK,
    LANDMARKS,
    MOVENET_MULTIPOSE,
    SELFIE_SEGMENTER,
    YUNET,
)
from regard.models.cards_identity import MOBILEFACENET, SFACE
from regard.models.cards_moderation import NSFWJS, OPEN_NSFW, SAFETY
from regard.models.cards_scenes import (
    EFFICIENTDET_LITE2,
    EFFICIENTNET_LITE4,
    PPOCR_DET,
    PPOCR_REC,
    U2NETP,
)

__all__ = [
    "BLENDSHAPES",
    "CARDS",
    "CENTERFACE",
    "EFFICIENTDET_LITE2",
    "EFFICIENTNET_LITE4",
    "FACE_MASK",
    "LANDMARKS",
    "MOBILEFACENET",
    "MOVENET_MULTIPOSE",
    "NSFWJS",
    "OPEN_NSFW",
    "PPOCR_DET",
    "PPOCR_REC",
    "SAFETY",
    "SELFIE_SEGMENTER",
    "SFACE",
    "U2NETP",
    "YUNET",
    "Card",
    "Carrier",
    "by_name",
    "default_cards",
]

CARDS: tuple[Card, ...] = (
    YUNET,
    CENTERFACE,
    LANDMARKS,
    BLENDSHAPES,
    EFFICIENTDET_LITE2,
    EFFICIENTNET_LITE4,
    U2NETP,
    PPOCR_DET,
    PPOCR_REC,
    SAFETY,
    NSFWJS,
    OPEN_NSFW,
    FACE_MASK,
    MOVENET_MULTIPOSE,
    SELFIE_SEGMENTER,
    SFACE,
    MOBILEFACENET,
)


def by_name(name: str) -> Card:
    """The card of that name. Raises KeyError when there is none."""
    return {card.name: card for card in CARDS}[name]


def default_cards() -> tuple[Card, ...]:
    """The cards whose files are fetched without being asked for by name."""
    return tuple(card for card in CARDS if card.is_default)
