"""What every card must say, whoever adds the next one."""

import re

import pytest

from regard.models import cards
from regard.models.cards import Card, Carrier

_each_card = pytest.mark.parametrize("card", cards.CARDS, ids=lambda card: card.name)
_carriers = [
    pytest.param(carrier, id=f"{card.name}-{carrier.package}") for card in cards.CARDS for carrier in card.carriers
]

# Licences that let a company use the weights without publishing its own work: the OSI's permissive ones met so far.
_PERMISSIVE = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT"}


@pytest.mark.parametrize("card", cards.default_cards(), ids=lambda card: card.name)
def test_weights_fetched_by_default_have_a_permissive_licence(card: Card) -> None:
    assert card.licence in _PERMISSIVE
    assert card.licence_evidence


@_each_card
def test_card_says_how_to_know_its_file(card: Card) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", card.sha256)
    assert card.size_bytes > 0


@_each_card
def test_card_says_where_the_network_is_from_and_how_to_feed_it(card: Card) -> None:
    assert all((card.title, card.origin, card.training_data, card.input, card.preprocessing, card.claimed))


@_each_card
def test_no_network_guesses_what_a_person_is_or_feels(card: Card) -> None:
    words = re.findall(r"[a-z]+", f"{card.name} {card.title} {card.file}".lower())
    assert not {"age", "gender", "sex", "race", "ethnicity", "emotion", "expression", "fer"} & set(words)


@pytest.mark.parametrize("column", ["name", "file", "sha256"])
def test_no_two_cards_share(column: str) -> None:
    values = [getattr(card, column) for card in cards.CARDS]
    assert sorted(set(values)) == sorted(values)


@pytest.mark.parametrize("carrier", _carriers)
def test_carrier_is_pinned_to_one_version(carrier: Carrier) -> None:
    stem = carrier.package.replace("-", "_") if carrier.registry == "pypi" else carrier.package
    end = "-py3-none-any.whl" if carrier.registry == "pypi" else ".tgz"
    assert carrier.filename == f"{stem}-{carrier.version}{end}"
    assert carrier.members


def test_card_is_found_by_its_name() -> None:
    assert cards.by_name("yunet") is cards.YUNET


def test_unknown_name_has_no_card() -> None:
    with pytest.raises(KeyError, match="age-net"):
        cards.by_name("age-net")
